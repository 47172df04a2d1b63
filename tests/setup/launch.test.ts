import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { findPrivateLibvirt, stopPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import { markOf } from "#app/foundation/process.ts";
import { endProcesses, waitGone } from "#app/foundation/processes.ts";
import { readSetupState } from "#app/setup/state-file.ts";

const About = z.object({ pid: z.number(), network: z.string(), libvirt: z.string(), url: z.string() });

let home: string;
let port: number;
const launchers: Launcher[] = [];

interface Launcher {
  readonly child: ChildProcess;
  readonly output: () => string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return free;
}

const start = (...steps: string[]): Launcher => startWith("private", steps);

function startWith(mode: "private" | "system", steps: readonly string[], more: Readonly<Record<string, string>> = {}): Launcher {
  const env = { ...process.env, BERTH_HOME: home, BERTH_PORT: String(port), BERTH_HYPERVISOR: mode, ...more };
  const child = spawn(process.execPath, [join(import.meta.dirname, "launcher.ts"), ...steps], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  const launcher = { child, output: () => output };
  launchers.push(launcher);
  return launcher;
}

const untilSays = (launcher: Launcher, words: string) => vi.waitUntil(() => launcher.output().includes(words), { timeout: 60_000 });

const ask = async () => About.parse(await (await fetch(`http://127.0.0.1:${port}/`)).json());

async function stop(launcher: Launcher): Promise<number | null> {
  if (launcher.child.exitCode !== null || launcher.child.signalCode !== null) return launcher.child.exitCode;
  const closed = once(launcher.child, "close");
  launcher.child.kill("SIGTERM");
  await closed;
  return launcher.child.exitCode;
}

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "berth-launch-"));
  port = await freePort();
});

afterEach(async () => {
  for (const launcher of launchers.splice(0)) await stop(launcher);
  await stopPrivateLibvirt(join(home, "libvirt"));
  rmSync(home, { recursive: true, force: true });
});

describe("npm start where no libvirt runs", () => {
  it("shows a page from inside the namespaces, with the address and the one-time link in the terminal", async () => {
    const launcher = start();
    await untilSays(launcher, "works once");
    const about = await ask();
    expect(about.network).not.toBe(readlinkSync("/proc/self/ns/net"));
    expect(about).toMatchObject({ libvirt: "qemu:///system", url: `http://127.0.0.1:${port}` });
    expect(launcher.output()).toContain(`Berth is at http://127.0.0.1:${port}`);
    expect(launcher.output()).toContain("first sign-in, works once: http://127.0.0.1/join/once");
  });

  it("passes an upgraded connection on, both ways", async () => {
    await untilSays(start(), "Berth is at");
    const socket = connect({ host: "127.0.0.1", port });
    socket.write("GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
    await once(socket, "data");
    socket.end("hello");
    expect(await text(socket)).toBe("HELLO");
  });

  it("continues with set-up behind the page, and writes down how far it is", async () => {
    const launcher = start("accelerator", "hypervisor");
    await untilSays(launcher, "set-up is complete");
    const state = readSetupState(home);
    expect(state?.steps.map((s) => s.step.state)).toEqual(["done", "done"]);
    expect(state?.accelerator?.reasons.length).toBeGreaterThan(0);
    expect(state?.hypervisor?.mode).toBe("private");
    expect(launcher.output().indexOf("Berth is at")).toBeLessThan(launcher.output().indexOf("accelerator "));
  });

  it("publishes a guest's port on this machine", async () => {
    const launcher = start();
    await untilSays(launcher, "Berth is at");
    const libvirt = findPrivateLibvirt(join(home, "libvirt"));
    const [program = "", ...args] = libvirt?.argv([process.execPath, "-e", guestProgram]) ?? [];
    const guest = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    const guestPort = Number((await once(guest.stdout, "data")).toString());
    const published = await freePort();
    writeFileSync(join(home, "run", "p.new"), JSON.stringify([{ port: published, host: "127.0.0.1", targetPort: guestPort }]));
    renameSync(join(home, "run", "p.new"), join(home, "run", "published.json"));
    const answer = await vi.waitUntil(
      () =>
        fetch(`http://127.0.0.1:${published}/`).then(
          (r) => r.text(),
          () => null,
        ),
      { timeout: 10_000 },
    );
    expect(answer).toBe("a guest");
    guest.kill();
  });

  it("stops the portal cleanly when it is asked to, and leaves the namespaces to the machines", async () => {
    const launcher = start();
    await untilSays(launcher, "Berth is at");
    expect(await stop(launcher)).toBe(0);
    expect(readFileSync(join(home, "farewell"), "utf8")).toBe("stopped cleanly");
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    expect(findPrivateLibvirt(join(home, "libvirt"))).not.toBeNull();
  });

  it("starts a portal that broke again, and reports it", async () => {
    const launcher = start();
    await untilSays(launcher, "Berth is at");
    const before = await ask();
    await fetch(`http://127.0.0.1:${port}/end`).catch(() => undefined);
    const after = await vi.waitUntil(() => ask().catch(() => null), { timeout: 20_000 });
    expect(after.pid).not.toBe(before.pid);
    expect(launcher.output()).toContain("the portal ended (exit code 7); starting it again");
  });

  it("refuses to run twice with the same state", async () => {
    await untilSays(start(), "Berth is at");
    const second = start();
    await once(second.child, "close");
    expect(second.child.exitCode).toBe(1);
    expect(second.output()).toContain(`Berth runs already with ${home}`);
  });

  it("leaves no portal behind when it is killed, and starts again in the same namespaces", async () => {
    const first = start();
    await untilSays(first, "Berth is at");
    const before = await ask();
    const mark = markOf(before.pid);
    first.child.kill("SIGKILL");
    await once(first.child, "close");
    expect(mark !== null && (await waitGone([mark], 10_000))).toBe(true);
    await untilSays(start(), "Berth is at");
    const after = await ask();
    expect(after.network).toBe(before.network);
    expect(after.pid).not.toBe(before.pid);
  });

  it("says in a sentence that the port is taken", async () => {
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    const launcher = start();
    await once(launcher.child, "close");
    other.close();
    expect(launcher.output()).toContain(`listening on 127.0.0.1:${port}: another program listens there`);
    expect(launcher.child.exitCode).toBe(2);
  });

  it("takes a new way in when the namespaces' holder was killed", async () => {
    const launcher = start("hypervisor");
    await untilSays(launcher, "set-up is complete");
    const before = await ask();
    const holder = JSON.parse(readFileSync(join(home, "libvirt", "holder.json"), "utf8"));
    await endProcesses([z.object({ pid: z.number(), startTime: z.string() }).parse(holder)], 5_000);
    await fetch(`http://127.0.0.1:${port}/end`).catch(() => undefined);
    const after = await vi.waitUntil(() => ask().catch(() => null), { timeout: 20_000 });
    expect(after.network).toBe(before.network);
    expect(existsSync(join(home, "run", "portal.log"))).toBe(true);
  });
});

describe("npm start with this machine's libvirt", () => {
  it("waits for its own portal, and gives the one-time link out", async () => {
    const launcher = startWith("system", []);
    await untilSays(launcher, "works once");
    expect(await ask()).toMatchObject({ url: `http://127.0.0.1:${port}` });
    expect(await stop(launcher)).toBe(0);
  });

  it("ends with 2 where a foreign server answers at its port, and gives that server's visitors no link", async () => {
    const other = createHttpServer((_, response) => response.end("a foreign server")).listen(port, "127.0.0.1");
    await once(other, "listening");
    const launcher = startWith("system", []);
    await once(launcher.child, "close");
    other.close();
    expect(launcher.child.exitCode).toBe(2);
    expect(launcher.output()).toContain(
      `listening on 127.0.0.1:${port}: another program listens there. End that program, or set BERTH_PORT`,
    );
    expect(launcher.output()).not.toMatch(/works once|Berth is at|starting it again/);
  });

  it("ends with 2 and the portal's reason when the portal itself refuses to start, and tries no second time", async () => {
    const launcher = startWith("system", [], { BERTH_TEST_REFUSES: "yes" });
    await once(launcher.child, "close");
    expect(launcher.child.exitCode).toBe(2);
    expect(launcher.output()).toContain("its address is another program's");
    expect(launcher.output()).not.toContain("starting it again");
  });

  it("names the file of the one-time link, not the link, where the system's journal keeps what it says", async () => {
    const launcher = startWith("system", ["--journal"]);
    await untilSays(launcher, "first-link");
    expect(launcher.output()).toContain(join(home, "run", "first-link"));
    expect(launcher.output()).not.toContain("/join/");
  });
});

const guestProgram = `
  const server = require("node:http").createServer((q, r) => r.end("a guest"));
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;
