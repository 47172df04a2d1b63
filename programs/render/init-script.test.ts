/** The init of a control plane, run by a real shell with stand-ins for kubeadm and kubectl on the path. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { renderBundle } from "./bundle.ts";
import { initScript } from "./scripts.ts";

const spec = { ...exampleSpec(), profile: "accelerated" } as const;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-init-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** `failures`: how often the second run of kubeadm, which installs the add-ons, ends with an error. */
function init(failures: number) {
  const programs = {
    kubeadm: `case "$*" in *preflight,certs*) echo x >> ${folder}/late; [ "$(wc -l < ${folder}/late)" -gt ${failures} ] || { echo "net/http: request canceled"; exit 1; };; esac`,
    kubectl: "echo ok",
  };
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const script = initScript(spec).replaceAll("/var/lib/berth", folder);
  const input = renderBundle([{ path: `${folder}/init.yaml`, mode: "0600", text: "kind: InitConfiguration\n" }]);
  const { status, stdout } = spawnSync("/bin/bash", ["-c", script], {
    input,
    encoding: "utf8",
    env: { NODE_ENV: "test", PATH: `${folder}:/usr/bin:/bin` },
  });
  return {
    status,
    last: stdout.trim().split("\n").at(-1),
    lateRuns: readFileSync(join(folder, "late"), "utf8").trim().split("\n").length,
    initialised: existsSync(join(folder, "initialised")),
  };
}

it.each([
  [0, 1],
  [1, 2],
  [3, 4],
])("succeeds when the add-on phases fail %i times for want of an answer", (failures, lateRuns) => {
  expect(init(failures)).toEqual({ status: 0, last: "control plane initialised", lateRuns, initialised: true });
});

it("fails when the add-on phases fail every time, and is not recorded as initialised", () => {
  expect(init(9)).toEqual({ status: 1, last: "net/http: request canceled", lateRuns: 4, initialised: false });
});
