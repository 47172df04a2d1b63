#!/usr/bin/env node
// Starts the command line on the Node.js that Berth is made for: this one when it is new enough, else its own.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ownNode } from "../setup/packages/own-node.mjs";

const main = new URL("./main.ts", import.meta.url);
const own = ownNode(fileURLToPath(new URL("../..", import.meta.url)));

if (Number(process.versions.node.split(".")[0]) >= 24) {
  await import(main.href);
} else if (existsSync(own)) {
  const child = spawn(own, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 1));
} else {
  console.error("berth needs Node.js 24. Run `npm start` or `npm ci` in its folder once: it brings its own.");
  process.exit(2);
}
