import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { packed, type ReleaseHost, sha256Of, sha512Of, startReleaseHost } from "#tests/fakes/release-host.ts";
import type { Patience } from "./download.ts";
import { releaseFiles } from "./release-files.ts";
import type { ReleaseFile, ReleaseLock } from "./release-lock.ts";
import { mirrorPath, type ReleaseSource } from "./release-source.ts";

let folder: string;
let host: ReleaseHost;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth-releases-"));
  host = await startReleaseHost();
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

/** Where something is expected to come, on a machine that does other things as well. */
const patient: Patience = { answerMs: 30_000, stallMs: 30_000 };
/** Where it never comes. */
const impatient: Patience = { answerMs: 400, stallMs: 400 };
const path = "/v9/etcd.tar.gz";
const wanted = { part: "etcd", version: "9", programs: ["etcd", "etcdctl"] };

const contents = (): Promise<Buffer> => packed({ "etcd-v9/etcd": "one", "etcd-v9/etcdctl": "two", "etcd-v9/README": "words" });

const fileOf = (content: Buffer, more: Partial<ReleaseFile> = {}): ReleaseFile => ({
  part: "etcd",
  version: "9",
  kind: "archive",
  url: `${host.address}${path}`,
  algorithm: "sha512",
  checksum: sha512Of(content),
  source: "https://example.com/CHANGELOG",
  programs: { etcd: "etcd-v9/etcd", etcdctl: "etcd-v9/etcdctl" },
  ...more,
});

const lockOf = (...files: ReleaseFile[]): ReleaseLock => ({
  files,
  compiled: [
    { part: "flannel", reason: "own-program", note: "" },
    { part: "metrics", reason: "no-checksum", note: "" },
  ],
});

interface Given {
  readonly source?: ReleaseSource;
  readonly patience?: Patience;
}

const from = (lock: ReleaseLock, { source = { kind: "upstream" }, patience = patient }: Given = {}) =>
  releaseFiles({ source, lock, patience });

const target = (): string => {
  const made = join(folder, "target");
  mkdirSync(made, { recursive: true });
  return made;
};

describe("a released file", () => {
  test("gives its programs, executable, and says where they came from", async () => {
    const content = await contents();
    host.serve(path, { does: "answer", content });
    const origin = await from(lockOf(fileOf(content))).take(wanted, target());
    expect(origin).toEqual({
      part: "etcd",
      version: "9",
      from: "release",
      url: `${host.address}${path}`,
      checksum: `sha512:${sha512Of(content)}`,
      checksumSource: "https://example.com/CHANGELOG",
    });
    expect(readdirSync(target()).sort()).toEqual(["etcd", "etcdctl"]);
    expect(readFileSync(join(target(), "etcd"), "utf8")).toBe("one");
    expect(statSync(join(target(), "etcdctl")).mode & 0o777).toBe(0o755);
  });

  test("may be elsewhere than its host says at first", async () => {
    const content = await contents();
    const elsewhere = await startReleaseHost();
    elsewhere.serve("/blob", { does: "answer", content });
    host.serve(path, { does: "redirect", to: `${elsewhere.address}/blob` });
    expect(await from(lockOf(fileOf(content))).take(wanted, target())).toMatchObject({ from: "release" });
    await elsewhere.close();
  });

  test("comes from a folder or a mirror that holds it by host and path", async () => {
    const content = await contents();
    const file = fileOf(content, { url: "https://releases.example/v9/etcd.tar.gz" });
    host.serve("/files/releases.example/v9/etcd.tar.gz", { does: "answer", content });
    const mirror = from(lockOf(file), { source: { kind: "mirror", address: `${host.address}/files` } });
    expect(await mirror.take(wanted, target())).toMatchObject({ from: "release", url: file.url });

    const held = join(folder, "held", mirrorPath(file.url));
    mkdirSync(dirname(held), { recursive: true });
    writeFileSync(held, content);
    const local = from(lockOf(file), { source: { kind: "folder", folder: join(folder, "held") } });
    expect(await local.take(wanted, target())).toMatchObject({ from: "release", url: file.url });
  });
});

describe("what cannot be had is compiled, and nothing of it is left", () => {
  const reasonOf = async (lock: ReleaseLock, given: Given = {}) => {
    const origin = await from(lock, given).take(wanted, target());
    expect(readdirSync(target())).toEqual([]);
    return origin.from === "source" ? origin.reason : expect.fail("it was taken");
  };

  test("a wrong checksum", async () => {
    const content = await contents();
    const other = await packed({ "etcd-v9/etcd": "evil", "etcd-v9/etcdctl": "evil" });
    host.serve(path, { does: "answer", content: other });
    expect(await reasonOf(lockOf(fileOf(content)))).toMatchObject({
      code: "release-checksum",
      params: { part: "etcd", url: `${host.address}${path}`, found: sha512Of(other), expected: sha512Of(content) },
    });
  });

  test("no such file, and a server that is broken", async () => {
    const content = await contents();
    expect(await reasonOf(lockOf(fileOf(content)))).toMatchObject({ code: "release-refused", params: { status: "404" } });
    host.serve(path, { does: "refuse", status: 503 });
    expect(await reasonOf(lockOf(fileOf(content)))).toMatchObject({ code: "release-refused", params: { status: "503" } });
  });

  test("a host that takes the connection and never answers", async () => {
    host.serve(path, { does: "never-answer" });
    const lock = lockOf(fileOf(await contents()));
    expect(await reasonOf(lock, { patience: impatient })).toMatchObject({ code: "release-silent" });
  });

  test("a host where nothing listens", async () => {
    const content = await contents();
    await host.close();
    expect(await reasonOf(lockOf(fileOf(content)))).toMatchObject({ code: "release-broken" });
    host = await startReleaseHost();
  });

  test("a file that stops coming midway", async () => {
    const content = await contents();
    host.serve(path, { does: "hang-midway", content, bytes: 20 });
    const patience = { ...patient, stallMs: 400 };
    expect(await reasonOf(lockOf(fileOf(content)), { patience })).toMatchObject({ code: "release-stalled", params: { bytes: 20 } });
  });

  test("a connection that ends midway", async () => {
    const content = await contents();
    host.serve(path, { does: "break-off", content, bytes: 20 });
    expect(await reasonOf(lockOf(fileOf(content)))).toMatchObject({ code: "release-broken" });
  });

  test("an archive without one of the programs", async () => {
    const content = await packed({ "etcd-v9/etcd": "one" });
    host.serve(path, { does: "answer", content });
    expect(await reasonOf(lockOf(fileOf(content)))).toMatchObject({ code: "release-without-program", params: { program: "etcdctl" } });
  });

  test("a file that is no archive, with the right checksum", async () => {
    const content = Buffer.from("words");
    host.serve(path, { does: "answer", content });
    expect(await reasonOf(lockOf(fileOf(content)))).toMatchObject({ code: expect.stringMatching(/release-(broken|without-program)/) });
  });

  test("a folder that does not hold it", async () => {
    const lock = lockOf(fileOf(await contents()));
    expect(await reasonOf(lock, { source: { kind: "folder", folder } })).toMatchObject({ code: "release-absent" });
  });

  test("another version than the pinned one, a part that nobody releases, and everything when the setting says so", async () => {
    const content = await contents();
    host.serve(path, { does: "answer", content });
    const files = from(lockOf(fileOf(content)));
    const reason = async (part: string, version: string) => {
      const origin = await files.take({ ...wanted, part, version }, target());
      return origin.from === "source" ? origin.reason?.code : "taken";
    };
    expect(await reason("etcd", "10")).toBe("part-not-pinned");
    expect(await reason("flannel", "1")).toBe("part-own-program");
    expect(await reason("metrics", "1")).toBe("part-no-checksum");
    expect(await reasonOf(lockOf(fileOf(content)), { source: { kind: "none" } })).toMatchObject({ code: "releases-off" });
    expect(host.requests).toEqual([]);
  });
});

test("a host that does not answer is waited for once, whatever is wanted from it", async () => {
  const content = await contents();
  const names = ["a", "b", "c", "d"];
  const files = names.map((name) => fileOf(content, { part: name, url: `${host.address}/${name}` }));
  for (const name of names) host.serve(`/${name}`, { does: "never-answer" });
  const releases = from(lockOf(...files), { patience: impatient });
  for (const part of names) {
    const origin = await releases.take({ ...wanted, part }, target());
    expect(origin).toMatchObject({ from: "source", reason: { code: "release-silent", params: { part } } });
  }
  expect(host.requests).toEqual(["HEAD /a"]);
});

test("a host that stops in the middle of one file is not waited for again", async () => {
  const content = await contents();
  host.serve("/a", { does: "hang-midway", content, bytes: 20 });
  host.serve("/b", { does: "answer", content });
  const files = ["a", "b"].map((part) => fileOf(content, { part, url: `${host.address}/${part}` }));
  const releases = from(lockOf(...files), { patience: { ...patient, stallMs: 400 } });
  expect(await releases.take({ ...wanted, part: "a" }, target())).toMatchObject({ reason: { code: "release-stalled" } });
  expect(await releases.take({ ...wanted, part: "b" }, target())).toMatchObject({
    reason: { code: "release-stalled", params: { part: "b" } },
  });
});

test("half of the hosts are enough for half of the parts", async () => {
  const content = await contents();
  const silent = await startReleaseHost();
  silent.serve("/b", { does: "never-answer" });
  host.serve("/a", { does: "answer", content });
  const [answers, hangs] = [
    fileOf(content, { part: "a", url: `${host.address}/a` }),
    fileOf(content, { part: "b", url: `${silent.address}/b` }),
  ];
  const releases = from(lockOf(answers, hangs), { patience: { ...patient, answerMs: 3_000 } });
  const taken = await Promise.all(["a", "b"].map((part) => releases.take({ ...wanted, part }, join(target(), part))));
  expect(taken.map(({ from: where }) => where)).toEqual(["release", "source"]);
  await silent.close();
});

test("a set-up that is stopped does not begin to compile", async () => {
  const content = await contents();
  host.serve(path, { does: "hang-midway", content, bytes: 20 });
  const stop = new AbortController();
  const taking = from(lockOf(fileOf(content))).take(wanted, target(), stop.signal);
  setTimeout(() => stop.abort(new Error("stopped")), 300);
  await expect(taking).rejects.toThrow("stopped");
  expect(readdirSync(target())).toEqual([]);
});

describe("a released container image", () => {
  interface Served {
    readonly file: ReleaseFile;
    readonly layer: string;
  }

  async function serveImage(): Promise<Served> {
    const blob = (kind: "manifests" | "blobs", content: Buffer): string => {
      host.serve(`/v2/coredns/${kind}/sha256:${sha256Of(content)}`, { does: "answer", content });
      return `sha256:${sha256Of(content)}`;
    };
    const base = blob("blobs", await packed({ "etc/passwd": "root" }));
    const layer = blob("blobs", await packed({ coredns: "the program" }));
    const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
    const layers = [base, layer].map((digest) => ({ digest, mediaType: "application/vnd.oci.image.layer.v1.tar+gzip" }));
    const amd64 = blob("manifests", json({ layers }));
    const arm64 = blob("manifests", json({ layers: [] }));
    const manifests = [
      { digest: arm64, platform: { os: "linux", architecture: "arm64" } },
      { digest: amd64, platform: { os: "linux", architecture: "amd64" } },
    ];
    const index = blob("manifests", json({ manifests }));
    const file: ReleaseFile = {
      ...fileOf(Buffer.alloc(0)),
      ...{ part: "coredns", kind: "image", algorithm: "sha256", checksum: index.slice("sha256:".length) },
      ...{ url: `${host.address}/v2/coredns/manifests/${index}`, programs: { coredns: "coredns" } },
    };
    return { file, layer };
  }

  const coredns = { part: "coredns", version: "9", programs: ["coredns"] };

  test("gives its program from the layer of amd64 that holds it, and no other layer is fetched", async () => {
    const { file, layer } = await serveImage();
    expect(await from(lockOf(file)).take(coredns, target())).toMatchObject({ from: "release", checksum: `sha256:${file.checksum}` });
    expect(readFileSync(join(target(), "coredns"), "utf8")).toBe("the program");
    expect(host.requests.filter((r) => r.includes("/blobs/"))).toEqual([`GET /v2/coredns/blobs/${layer}`]);
  });

  test("is compiled instead when a layer is not the one that its manifest names", async () => {
    const { file, layer } = await serveImage();
    host.serve(`/v2/coredns/blobs/${layer}`, { does: "answer", content: await packed({ coredns: "evil" }) });
    expect(await from(lockOf(file)).take(coredns, target())).toMatchObject({
      reason: {
        code: "release-checksum",
        params: { url: `${host.address}/v2/coredns/blobs/${layer}`, expected: layer.slice("sha256:".length) },
      },
    });
    expect(existsSync(join(target(), "coredns"))).toBe(false);
  });
});
