import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BinarySet, ensureBinaries } from "./binaries.ts";
import { openReleases, parseSums } from "./releases.ts";

let folder: string;
let mirror: Server;
let address: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth-releases-"));
  mirror = createServer((request, response) => {
    try {
      response.end(readFileSync(join(folder, request.url ?? "")));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((done) => mirror.listen(0, "127.0.0.1", done));
  address = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await new Promise((done) => mirror.close(done));
  rmSync(folder, { recursive: true });
});

const set: BinarySet = {
  name: "etcd",
  version: "9.9.9",
  files: ["etcd", "etcdctl"],
  sources: ["modules/etcd/go.mod"],
  estimate: 1,
  compile: async (target) => {
    for (const name of ["etcd", "etcdctl"]) writeFileSync(join(target, name), "compiled");
  },
};

function release(files: Record<string, string>, listed: Record<string, string> = files): void {
  mkdirSync(join(folder, "etcd-9.9.9"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "etcd-9.9.9", name), text);
  const line = ([name, text]: [string, string]): string => `${createHash("sha256").update(text).digest("hex")}  etcd-9.9.9/${name}\n`;
  writeFileSync(join(folder, "SHA256SUMS"), Object.entries(listed).map(line).join(""));
}

async function ensure(source: string): Promise<string> {
  return await ensureBinaries(set, { cache: join(folder, "cache"), onLine: () => {}, releases: await openReleases(source) });
}

describe.each(["folder", "mirror"])("release files from a %s", (kind) => {
  const source = (): string => (kind === "folder" ? folder : address);

  test("are used instead of compiling, and are executable", async () => {
    release({ etcd: "one", etcdctl: "two" });
    const found = await ensure(source());
    expect(readFileSync(join(found, "etcd"), "utf8")).toBe("one");
    expect(statSync(join(found, "etcdctl")).mode & 0o777).toBe(0o755);
  });

  test("are refused when their checksum is not the listed one", async () => {
    release({ etcd: "one", etcdctl: "changed" }, { etcd: "one", etcdctl: "two" });
    await expect(ensure(source())).rejects.toThrow(
      /checking etcd-9\.9\.9\/etcdctl from .*: its SHA-256 is [0-9a-f]{64}, but SHA256SUMS says [0-9a-f]{64}; it is not used/,
    );
    release({ etcd: "one", etcdctl: "two" });
    expect(readFileSync(join(await ensure(source()), "etcdctl"), "utf8")).toBe("two");
  });

  test("are left alone when the set is not listed in full", async () => {
    release({ etcd: "one", etcdctl: "two" }, { etcd: "one" });
    const other = await openReleases(source());
    expect(other.filesOf(set)).toBeNull();
  });

  test("without a list are an error that names it", async () => {
    await expect(ensure(source())).rejects.toThrow(/reading the release files: .*SHA256SUMS/);
  });
});

describe("the list of a mirror", () => {
  test("over plain HTTP is not read without its digest", async () => {
    await expect(openReleases("http://mirror.example/berth")).rejects.toThrow("plain HTTP; use https, or add #sha256=");
  });

  test("is refused when it is not the one whose digest was given", async () => {
    release({ etcd: "one", etcdctl: "two" });
    const digest = createHash("sha256")
      .update(readFileSync(join(folder, "SHA256SUMS")))
      .digest("hex");
    expect((await openReleases(`${address}#sha256=${digest}`)).filesOf(set)).toHaveLength(2);
    release({ etcd: "changed", etcdctl: "two" });
    await expect(openReleases(`${address}#sha256=${digest}`)).rejects.toThrow(
      /checking SHA256SUMS from .*: its SHA-256 is [0-9a-f]{64}, but .* nothing of it is used/,
    );
  });
});

test("a line that is no checksum is an error with its number", () => {
  expect(() => parseSums(`${"a".repeat(64)}  x\nnonsense\n`, "SHA256SUMS")).toThrow('reading SHA256SUMS: line 2 is not "<sha256>  <file>"');
});
