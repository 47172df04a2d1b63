import { message } from "#app/domain/message/message.ts";
import { inEnglish } from "#app/messages/in-english.ts";
import { describe, expect, it } from "vitest";
import type { OperationEvent, Phase, StepRef } from "#app/domain/operation/event.ts";
import { createFirstBootWatch, reasonMs } from "./first-boot.ts";

const ref = (machine: string, phase: Phase = "ssh"): StepRef => ({
  urn: `${machine}-${phase}`,
  name: `${machine}-ready`,
  type: "t",
  step: "ready",
  phase,
  machine,
  on: machine,
});
const begun = (machine = "cp0", phase: Phase = "ssh"): OperationEvent => ({
  kind: "step",
  step: ref(machine, phase),
  change: "create",
  status: "running",
});
const done: OperationEvent = { kind: "step", step: ref("cp0"), change: "create", status: "done" };
const console = (...lines: string[]): OperationEvent => ({ kind: "output", source: "console", machine: "cp0", step: null, lines });
const dialled = (...lines: string[]): OperationEvent => ({ kind: "output", source: "command", machine: "cp0", step: "cp0-ready", lines });

const failed = "[FAILED] Failed to start berth-seed.service - Take this machine's identity from its seed disk.";

describe("a first boot that failed", () => {
  it.each([
    [
      "the seed's reader, by systemd",
      failed,
      message("first-boot-seed", {
        machine: "cp0",
        reason: "Failed to start berth-seed.service - Take this machine's identity from its seed disk.",
      }),
    ],
    [
      "the seed's reader itself",
      "berth-seed: user-data: yaml: control characters are not allowed",
      message("first-boot-seed", { machine: "cp0", reason: "user-data: yaml: control characters are not allowed" }),
    ],
    [
      "the seed's reader in the journal",
      "[    5.21] berth-seed[312]: berth-seed: mounting the seed disk: as iso9660: invalid argument",
      message("first-boot-seed", { machine: "cp0", reason: "mounting the seed disk: as iso9660: invalid argument" }),
    ],
    [
      "the tiny guest",
      "[1.20] tiny-guest: stopped: mounting the seed disk: invalid argument",
      message("first-boot-seed", { machine: "cp0", reason: "mounting the seed disk: invalid argument" }),
    ],
    [
      "emergency mode",
      'You are in emergency mode. After logging in, type "journalctl -xb" to view',
      message("first-boot-emergency", {
        machine: "cp0",
        reason: 'You are in emergency mode. After logging in, type "journalctl -xb" to view',
      }),
    ],
    [
      "a root disk that is not there",
      "ALERT!  UUID=1234 does not exist.  Dropping to a shell!",
      message("first-boot-root-disk", { machine: "cp0", reason: "ALERT!  UUID=1234 does not exist.  Dropping to a shell!" }),
    ],
  ] as const)("is named within seconds, as told by %s", (_, line, reason) => {
    const watch = createFirstBootWatch();
    watch.heard([begun()]);
    expect(watch.tick(60_000)).toBeNull();
    watch.heard([console("[    4.0] systemd[1]: Reached target", line)]);
    expect(watch.tick(1_000)).toBeNull();
    expect(watch.tick(reasonMs)).toMatchObject({
      cause: "first-boot",
      next: "destroy",
      machine: "cp0",
      phase: "ssh",
      step: "cp0-ready",
      reasons: [reason],
      lastOutput: ["[    4.0] systemd[1]: Reached target", line],
    });
  });

  it("is told in the words that say most, whichever come first", () => {
    for (const lines of [
      [failed, "berth-seed: reading meta-data: no such file"],
      ["berth-seed: reading meta-data: no such file", failed],
    ]) {
      const watch = createFirstBootWatch();
      watch.heard([begun(), console(lines[0] ?? "")]);
      watch.tick(1_000);
      watch.heard([console(lines[1] ?? "")]);
      expect(inEnglish(watch.tick(reasonMs)?.reasons ?? [])).toMatch(/no such file$/);
    }
  });

  it("is known also when the console is read before the wait for SSH begins", () => {
    const watch = createFirstBootWatch();
    watch.heard([begun("cp0", "boot"), console(failed)]);
    expect(watch.tick(reasonMs)).toBeNull();
    watch.heard([begun()]);
    expect(watch.tick(reasonMs)?.cause).toBe("first-boot");
  });

  it("is none where the machine was reached, is ready, boots again, or nobody waits for it", () => {
    for (const events of [
      [begun(), console(failed), done],
      [begun(), console(failed), dialled("connected to 10.0.0.1:22 after 3.1s, 2 dials")],
      [console(failed)],
      [begun(), console(failed), begun("cp0", "boot")],
      [begun("w1"), console(failed)],
    ]) {
      const watch = createFirstBootWatch();
      watch.heard(events);
      expect(watch.tick(60_000)).toBeNull();
    }
  });

  it.each([
    "berth-seed: this machine is cp0 10.91.0.10/24",
    "[   46.529767] berth-seed[214]: berth-seed: this machine is cp0 10.91.0.10/24",
    "[   46.5] berth-seed[214]: berth-seed: left to cloud-init, because of packages",
    "berth-seed: left to cloud-init, because of packages",
    "[  OK  ] Finished berth-seed.service - Take this machine's identity from its seed disk.",
    "Starting berth-seed.service - Take this machine's identity from its seed disk...",
    "[FAILED] Failed to start apt-daily.service",
    "[1.2] tiny-guest: the seed pins no host key: making one",
  ])("is not seen in: %s", (line) => {
    const watch = createFirstBootWatch();
    watch.heard([begun(), console(line)]);
    expect(watch.tick(60_000)).toBeNull();
  });
});
