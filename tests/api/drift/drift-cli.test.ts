/** `berth cluster drift` as people run it, against a portal over HTTP whose looks are pretended. */
import { reported } from "#app/domain/message/message.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { systemSecrets } from "#app/adapters/auth/secrets.ts";
import type { DriftFinding } from "#app/domain/drift/drift.ts";
import { afterCheck } from "#app/domain/drift/record.ts";
import { makeCluster, type Rig, type Someone, startRig } from "#tests/api/rig.ts";

const berth = fileURLToPath(new URL("../../../app/cli/berth.mjs", import.meta.url));
const stopped: DriftFinding = {
  id: "machine-stopped:cp0",
  kind: "machine-stopped",
  subject: "cp0",
  machine: "cp0",
  expected: "running",
  found: "stopped",
  impact: "restart",
  repair: "plan",
  adopt: false,
};

let rig: Rig;
let ada: Someone;
let home: string;
let looks: NodeJS.Timeout;
/** Why the next checks cannot be completed. */
let trouble: string | null = null;

beforeAll(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
  home = mkdtempSync(join(tmpdir(), "berth-drift-"));
  await makeCluster(rig, ada, "demo");
  const claim = await rig.claim();
  await rig.stores.operations.finish(claim, "succeeded", [], null, Date.now());
  await rig.stores.clusters.setLiveRevision(claim.clusterId, 1);
  await rig.stores.clusters.setState(claim.clusterId, "ready", Date.now());
  looks = setInterval(() => void lookIfWanted(claim.clusterId), 20);
});

afterAll(async () => {
  clearInterval(looks);
  await rig.close();
  rmSync(home, { recursive: true });
});

async function lookIfWanted(id: string): Promise<void> {
  if ((await rig.stores.drift.get(id))?.wantedAt == null) return;
  await rig.stores.drift.change(id, (record) =>
    afterCheck(record, {
      at: Date.now() + 1,
      revision: 1,
      sources: { host: "seen", engine: "seen", nodes: "silent" },
      trouble: trouble === null ? null : [reported(trouble)],
      findings: [stopped],
    }),
  );
}

const run = (...args: readonly string[]) =>
  execa(process.execPath, [berth, "cluster", "drift", "demo", ...args], {
    reject: false,
    extendEnv: false,
    env: { PATH: process.env.PATH ?? "", HOME: home, BERTH_URL: rig.url, BERTH_TOKEN: ada.token },
  });

test("says that nobody looked, looks when asked, and names rows so that scripts can use them", async () => {
  expect(await run()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("Not checked yet") as string });
  const looked = await run("--look");
  expect(looked.stderr).toContain("1 open");
  expect(looked.stderr).toContain("No answer from: nodes");
  expect(looked.stdout).toMatch(/machine-stopped:cp0 +running +stopped .*plan, node: restart/);
  expect((await run("-o", "name")).stdout).toBe("machine-stopped:cp0");
  expect(JSON.parse((await run("-o", "json")).stdout)).toMatchObject({
    at: expect.any(Number) as number,
    trouble: null,
    stale: false,
    sources: { nodes: "silent" },
    rows: [{ id: stopped.id, open: true }],
  });
});

test.each(["table", "json", "name"])(
  "a check that could not be completed fails after what is known was printed as %s, and plans nothing",
  async (format) => {
    trouble = "libvirt does not answer";
    try {
      for (const options of [["--look"], ["--look", "--repair", "--yes"]]) {
        const looked = await run(...options, "-o", format);
        expect(looked).toMatchObject({
          exitCode: 1,
          stderr: expect.stringContaining("the check could not be completed: libvirt does not answer") as string,
          stdout: expect.stringContaining(stopped.id) as string,
        });
        if (format === "json") expect(JSON.parse(looked.stdout)).toMatchObject({ trouble: { message: trouble } });
      }
      // Nobody asked for a check.
      expect((await run("-o", format)).exitCode).toBe(0);
    } finally {
      trouble = null;
    }
  },
);

test("a repair whose check could not be completed fails: nobody knows what it repaired", async () => {
  trouble = "libvirt does not answer";
  try {
    const repairing = run("--repair", "--yes", "-o", "json");
    const preview = await vi.waitFor(() => rig.claim(), 20_000);
    const plan = await rig.plan("demo", "ada", { operationId: preview.operationId, id: systemSecrets.id() });
    await rig.append(preview, { kind: "planned", planId: plan.id });
    await rig.stores.operations.finish(preview, "succeeded", [], null, Date.now());
    await rig.stores.operations.finish(await vi.waitFor(() => rig.claim(), 20_000), "succeeded", [], null, Date.now());
    const repaired = await repairing;
    expect([repaired.exitCode, JSON.parse(repaired.stdout)]).toMatchObject([1, { trouble: { message: trouble }, stale: true }]);
  } finally {
    trouble = null;
  }
});

test("ignores a row and shows it again", async () => {
  expect((await run("--ignore", stopped.id, "--days", "3")).stderr).toContain("0 open");
  expect((await run("--ignore", stopped.id, "--days", "0")).stderr).toContain("1 open");
});

test("refuses what makes no sense together, and what cannot be adopted", async () => {
  expect((await run("--repair", "--ignore", stopped.id)).exitCode).toBe(2);
  expect((await run("--adopt", stopped.id)).exitCode).toBe(3);
});
