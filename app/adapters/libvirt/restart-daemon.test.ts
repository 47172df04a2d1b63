import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Message, message, reported } from "#app/domain/message/message.ts";
import { endDaemon, restartUnits, type Systemctl } from "./restart-daemon.ts";

/** As a person reads it: what was being done, why that did not work, what can be done. */
const restarting = (reason: Message): readonly Message[] => [
  message("restarting-libvirt"),
  reason,
  message("administrator-can-run", { command: "systemctl restart libvirtd" }),
];

describe("restarting libvirt where systemd runs it", () => {
  /** A systemd with units in these states; others do not exist. */
  const systemd = (states: Readonly<Record<string, string>>) => {
    const restarted: string[][] = [];
    const run: Systemctl = async ([verb = "", ...named]) => {
      if (verb === "is-active") {
        const state = states[named[0] ?? ""] ?? "inactive";
        return { exitCode: state === "active" ? 0 : 4, stdout: state, stderr: "" };
      }
      restarted.push(named);
      return { exitCode: named.every((unit) => unit in states) ? 0 : 5, stdout: "", stderr: "" };
    };
    return { run, restarted };
  };

  it.each([
    [{ "libvirtd.service": "active" }, ["libvirtd.service"]],
    [{ "virtnetworkd.service": "active", "libvirtd.service": "inactive" }, ["virtnetworkd.service"]],
    [{ "libvirtd.service": "active", "virtnetworkd.service": "activating" }, ["libvirtd.service", "virtnetworkd.service"]],
  ])("of %j restarts %j and succeeds", async (states, units) => {
    const { run, restarted } = systemd(states);
    await restartUnits(run)();
    expect(restarted).toEqual([units]);
  });

  it.each([[{}], [{ "libvirtd.service": "failed", "virtnetworkd.service": "inactive" }]])(
    "of %j restarts nothing and says that none is active",
    async (states) => {
      const { run, restarted } = systemd(states);
      await expect(restartUnits(run)()).rejects.toMatchObject({
        reasons: restarting(message("units-inactive", { units: ["libvirtd.service", "virtnetworkd.service"] })),
      });
      expect(restarted).toEqual([]);
    },
  );

  it.each([
    ["a missing systemctl", { code: "ENOENT", stderr: "", stdout: "" }, message("program-missing", { program: "systemctl" })],
    ["a systemd that does not answer", { timedOut: true, stderr: "", stdout: "" }, message("no-answer", { seconds: 10 })],
    [
      "a machine without systemd",
      { exitCode: 1, stderr: "System has not been booted with systemd", stdout: "" },
      reported("System has not been booted with systemd"),
    ],
  ])("names %s", async (_what, end, reason) => {
    await expect(restartUnits(async () => end)()).rejects.toMatchObject({ reasons: restarting(reason) });
  });

  it("names why a restart did not succeed, and a restart that takes too long", async () => {
    const ending =
      (end: Awaited<ReturnType<Systemctl>>): Systemctl =>
      async ([verb]) =>
        verb === "is-active" ? { exitCode: 0, stdout: "active" } : end;
    await expect(restartUnits(ending({ exitCode: 4, stderr: "Access denied" }))()).rejects.toMatchObject({
      reasons: restarting(reported("Access denied")),
    });
    await expect(restartUnits(ending({ timedOut: true, stderr: "" }))()).rejects.toMatchObject({
      reasons: restarting(message("no-answer", { seconds: 90 })),
    });
  });
});

describe("ending the daemon of Berth's own libvirt", () => {
  let folder: string;
  let pidFile: string;
  const spawned: number[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-daemon-"));
    pidFile = join(folder, "libvirtd.pid");
  });
  afterEach(async () => {
    for (const pid of spawned.splice(0)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
    await rm(folder, { recursive: true, force: true });
  });

  /** A shell that runs this and prints one line when it is ready. */
  async function running(script: string): Promise<{ readonly pid: number; readonly said: string; readonly ended: Promise<unknown[]> }> {
    const child = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(child, "exit");
    spawned.push(child.pid ?? 0);
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    await writeFile(pidFile, `${child.pid}\n`);
    return { pid: child.pid ?? 0, said: said.toString().trim(), ended };
  }

  it("ends a process that obeys with SIGTERM", async () => {
    const { ended } = await running("echo ready; exec sleep 60");
    await endDaemon(pidFile);
    expect(await ended).toEqual([null, "SIGTERM"]);
  });

  it("ends with SIGKILL what does not obey in time", async () => {
    const { ended } = await running("trap '' TERM; echo ready; while :; do sleep 0.05; done");
    await endDaemon(pidFile, { termMs: 100 });
    expect(await ended).toEqual([null, "SIGKILL"]);
  });

  it("does not wait for a zombie, and not for a process that is gone", async () => {
    // The first child ends while its parent, by then `sleep`, never asks for it.
    const { said } = await running("sleep 0.01 & echo $!; exec sleep 60");
    await writeFile(pidFile, said);
    await endDaemon(pidFile);
    await writeFile(pidFile, "4194304");
    await endDaemon(pidFile);
  });

  it("refuses a pid file that names no process", async () => {
    await writeFile(pidFile, "");
    await expect(endDaemon(pidFile)).rejects.toMatchObject({
      reasons: [message("restarting-libvirt"), message("no-process-in", { file: pidFile })],
    });
  });
});
