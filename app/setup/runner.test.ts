import { message, MessageError, reported } from "#app/domain/message/message.ts";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SetupStepId } from "#app/domain/setup.ts";
import { readConfig } from "#app/foundation/config.server.ts";
import { configuredReleases } from "#app/foundation/releases/release-files.ts";
import { runSteps } from "./runner.ts";
import { openSetupState, plainLine, readSetupState, setupStateFile } from "#app/setup/state-file.ts";
import type { SetupContext, Step } from "./step.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "berth-setup-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const context = (): SetupContext => ({
  config: readConfig({ BERTH_HOME: home }, 0),
  repo: home,
  hypervisor: { mode: "private", uri: "qemu:///system", reasons: [] },
  libvirtRoot: join(home, "libvirt"),
  releases: configuredReleases({ releases: { kind: "none" }, releasesLock: null }),
  forTests: false,
});

function step(id: SetupStepId, run: Step["run"], more: Partial<Step> = {}): Step {
  const check = async () => ({ ready: false as const, missing: [reported(`${id} is missing`)] });
  return {
    id,
    needs: [],
    estimateSeconds: 10,
    weight: "light",
    fix: message("run-command", { command: `repair ${id}` }),
    check,
    run,
    ...more,
  };
}

async function run(steps: readonly Step[], signal = new AbortController().signal) {
  const c = context();
  const said: string[] = [];
  let clock = 0;
  const now = () => (clock += 1000);
  const file = openSetupState(home, steps, c.hypervisor, now);
  await runSteps({ steps, context: c, file, signal, now, say: (line) => said.push(line) });
  return { said, state: readSetupState(home) };
}

describe("running set-up", () => {
  it("runs a step after what it needs, and writes everything down", async () => {
    const order: string[] = [];
    const { state } = await run([
      step("hypervisor", async () => ({ outcome: [reported(String(order.push("hypervisor")))] }), { needs: ["packages"] }),
      step("packages", async (_, onLine) => {
        onLine("unpacking");
        return { outcome: [reported(String(order.push("packages")))] };
      }),
    ]);
    expect(order).toEqual(["packages", "hypervisor"]);
    expect(state?.steps.map((s) => s.step.state)).toEqual(["done", "done"]);
    expect(state?.steps[1]?.tail).toEqual(["packages is missing", "unpacking"]);
    expect(readFileSync(join(home, "setup/packages.log"), "utf8")).toContain("unpacking\n");
  });

  it("does not run what is there already", async () => {
    const there = step("engine", async () => Promise.reject(new Error("must not run")), {
      check: async () => ({ ready: true, outcome: [reported("found")] }),
    });
    const { state } = await run([there]);
    expect(state?.steps[0]?.step).toMatchObject({ state: "done", outcome: [reported("found")] });
  });

  it("says what failed, why and how to fix it, and runs the others", async () => {
    const { said, state } = await run([
      step("packages", async () => Promise.reject(new Error("installing Debian packages: exit code 100"))),
      step("hypervisor", async () => ({ outcome: [reported("never")] }), { needs: ["packages"] }),
      step("engine", async () => ({ outcome: [reported("built")] })),
    ]);
    expect(state?.steps.map((s) => s.step.state)).toEqual(["failed", "waiting", "done"]);
    expect(state?.steps[0]?.step).toMatchObject({
      reasons: [reported("installing Debian packages: exit code 100")],
      fix: message("run-command", { command: "repair packages" }),
    });
    expect(said.join("\n")).toContain("to fix it: run repair packages");
  });

  it("keeps what a step says to people as a code, for the reader's language", async () => {
    const { said, state } = await run([step("packages", async () => Promise.reject(new MessageError([message("root-needed")])))]);
    expect(state?.steps[0]?.step).toMatchObject({ state: "failed", reasons: [message("root-needed")] });
    expect(said.join("\n")).toContain("Debian packages can be installed by root only: run it with sudo.");
  });

  it("writes down what a step says meanwhile as a code, and prints it", async () => {
    const note = message("release-refused", { part: "etcd", version: "3.6.6", url: "https://releases.example/etcd", status: "404" });
    const { said, state } = await run([
      step("engine", async (_c, _onLine, _signal, onNote) => {
        onNote(note);
        return { outcome: [] };
      }),
    ]);
    expect(state?.steps[0]?.notes).toEqual([note]);
    expect(state?.steps[0]?.tail).toContain("etcd 3.6.6 is compiled: https://releases.example/etcd answered 404.");
    expect(said).toContain("engine      etcd 3.6.6 is compiled: https://releases.example/etcd answered 404.");
  });

  it("keeps the accelerator's verdict", async () => {
    const accelerator = { accelerator: "tcg", reasons: [message("no-virtualisation")], chosenBy: "probe" } as const;
    const { state } = await run([step("accelerator", async () => ({ outcome: [reported("emulated")], accelerator }))]);
    expect(state?.accelerator).toEqual(accelerator);
  });

  it("starts nothing more once it was asked to stop", async () => {
    const stop = new AbortController();
    const { state } = await run(
      [
        step("packages", async () => {
          stop.abort();
          throw new Error("stopped");
        }),
        step("engine", async () => ({ outcome: [reported("built")] }), { needs: ["packages"] }),
      ],
      stop.signal,
    );
    expect(state?.steps.map((s) => s.step.state)).toEqual(["failed", "waiting"]);
  });
});

describe("lines of output", () => {
  it.each([
    ["\u001b[32mok\u001b[0m", "ok"],
    [" 5%\r100%", "100%"],
    ["fetching https://me:hunter2@mirror.example/x", "fetching https://me:***@mirror.example/x"],
    ["bell\u0007", "bell"],
  ])("%j becomes %j", (text, plain) => expect(plainLine(text)).toBe(plain));
});

it("a failed step of an earlier version, which wrote a command alone, says the same fix", () => {
  openSetupState(home, [], context().hypervisor, () => 1);
  const step = { state: "failed", startedAt: 1, endedAt: 2, reasons: [message("root-needed")] };
  const view = { id: "packages", estimateSeconds: 90, tail: [] };
  writeFileSync(
    setupStateFile(home),
    JSON.stringify({ updatedAt: 2, steps: [{ ...view, step: { ...step, mend: "npm run setup" } }], hypervisor: null, accelerator: null }),
  );
  expect(readSetupState(home)?.steps[0]?.step).toEqual({ ...step, fix: message("run-command", { command: "npm run setup" }) });
});

it.each([
  [
    "a step's outcome",
    { steps: [{ id: "portal", step: { state: "done", outcome: "pages are built" } }], hypervisor: null, accelerator: null },
  ],
  ["a step's failure", { steps: [{ id: "portal", step: { state: "failed", reason: "no room" } }], hypervisor: null, accelerator: null }],
])("a state with a sentence for %s, of an earlier version, is as none: the next start writes a new one", (_, earlier) => {
  openSetupState(home, [], context().hypervisor, () => 1);
  writeFileSync(setupStateFile(home), JSON.stringify(earlier));
  expect(readSetupState(home)).toBeNull();
});
