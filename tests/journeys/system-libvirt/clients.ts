/**
 * What this machine's own clients (apt, npm, Go, git) are told: certificates, proxies, mirrors. A bed gets the same, so
 * that it downloads in the way that this machine does.
 */
import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { existsSync } from "node:fs";
import { execa } from "execa";
import { repoFolder } from "#app/setup/all-steps.ts";
import { readText, run } from "./debian.ts";

const settings = /^((https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|GO(PROXY|FLAGS|TOOLCHAIN|SUMDB|NOSUMDB|PRIVATE))$/i;

/** Certificates, apt's and Go's settings, and the environment. */
export async function copyClients(root: string): Promise<void> {
  await copyOver("/etc/ssl/certs/ca-certificates.crt", root);
  await copyOver("/usr/local/share/ca-certificates", root);
  const folder = "/etc/apt/apt.conf.d";
  for (const name of await readdir(folder))
    if (/^\s*Acquire::/m.test(await readText(join(folder, name)))) await copyOver(join(folder, name), root);
  const kept = Object.entries(process.env).filter(([name]) => settings.test(name));
  await writeFile(join(root, "etc", "environment"), kept.map(([name, value]) => `${name}=${value ?? ""}\n`).join(""));
  // The name server of the bed's user-mode network.
  await rm(join(root, "etc", "resolv.conf"), { force: true });
  await writeFile(join(root, "etc", "resolv.conf"), "nameserver 10.0.2.3\n");
}

/** npm's and Go's settings of the person who runs the journey, and what npm has downloaded before, for a person of the bed. */
export async function copyPersonsClients(home: string): Promise<void> {
  for (const file of [".npmrc", ".config/go/env", ".npm/_cacache"]) await copyFrom(join(homedir(), file), join(home, file));
}

/** This machine's Node.js and npm, for a Debian whose own are too old. */
export async function copyNode(root: string): Promise<void> {
  const path = (process.env.PATH ?? "")
    .split(":")
    .filter((folder) => !folder.startsWith(repoFolder))
    .join(":");
  const find = async (name: string) => (await execa("sh", ["-c", `readlink -f "$(command -v ${name})"`], { env: { PATH: path } })).stdout;
  await cp(await find("node"), join(root, "usr", "bin", "node"));
  const npm = dirname(dirname(await find("npm")));
  await copyFrom(npm, join(root, "usr", "lib", "node_modules", "npm"));
  await execa("ln", ["-sf", "../lib/node_modules/npm/bin/npm-cli.js", join(root, "usr", "bin", "npm")]);
}

/** Go's own folder, to be shown to the bed read-only. */
export const goFolder = async (): Promise<string> => (await execa("go", ["env", "GOROOT"])).stdout;

const copyOver = (path: string, root: string): Promise<void> => copyFrom(path, join(root, path));

async function copyFrom(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return;
  await mkdir(dirname(to), { recursive: true });
  await run("copying this machine's settings", "cp", ["-rLT", "--reflink=auto", from, to]);
}
