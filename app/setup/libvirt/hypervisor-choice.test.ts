import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { answersAt } from "./hypervisor-choice.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-socket-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("finds a libvirt that listens", async () => {
  const server = createServer().listen(join(folder, "sock"));
  await once(server, "listening");
  expect(answersAt(join(folder, "sock"))).toBe(true);
  server.close();
});

it("takes the socket that a killed libvirt left for none", () => {
  const leave = "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  spawnSync(process.execPath, ["-e", leave, join(folder, "sock")]);
  expect(existsSync(join(folder, "sock"))).toBe(true);
  expect(answersAt(join(folder, "sock"))).toBe(false);
  expect(answersAt(join(folder, "nothing"))).toBe(false);
});
