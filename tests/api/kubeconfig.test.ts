/** Kubeconfigs as people get them: over HTTP, and by the command line into files. */
import { X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { addressOf, controlPlaneOf, publishedApiPort } from "#app/domain/cluster/spec.ts";
import { ask, makeCluster, type Rig, type Someone, startRig } from "./rig.ts";

const berth = fileURLToPath(new URL("../../app/cli/berth.mjs", import.meta.url));
let rig: Rig;
let ada: Someone;
let home: string;

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly name: string; readonly user: Readonly<Record<string, string>> }[];
  readonly "current-context": string;
}

beforeAll(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
  await makeCluster(rig, ada, "demo");
  await recordLiveRevision("ada", "demo");
});
afterAll(() => rig.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "berth-kubeconfig-"));
  return () => rmSync(home, { recursive: true });
});

async function clusterOf(tenant: string, name: string) {
  const { id = "" } = (await rig.stores.people.tenantBySlug(tenant)) ?? {};
  return (await rig.stores.clusters.byName(id, name)) ?? expect.fail(`${tenant}/${name} is not there`);
}

async function recordLiveRevision(tenant: string, name: string): Promise<void> {
  const { id } = await clusterOf(tenant, name);
  await rig.stores.clusters.setLiveRevision(id, 1);
  await rig.stores.clusters.setState(id, "ready", Date.now());
}

const path = (tenant: string, cluster: string) => `/api/v1/tenants/${tenant}/clusters/${cluster}/kubeconfig`;
const download = async (who: Someone, tenant = "ada", cluster = "demo", use = "") =>
  ask(rig, "GET", `${path(tenant, cluster)}${use}`, { token: who.token });
const certificateOf = (config: Kubeconfig) =>
  new X509Certificate(Buffer.from(config.users[0]?.user["client-certificate-data"] ?? "", "base64"));
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [berth, "cluster", "kubeconfig", ...args], {
    reject: false,
    extendEnv: false,
    env: { PATH: process.env.PATH ?? "", HOME: home, BERTH_URL: rig.url, BERTH_TOKEN: ada.token, ...env },
  });
const modeOf = (file: string) => statSync(file).mode & 0o777;
const read = (file: string) => parse(readFileSync(file, "utf8")) as Kubeconfig;

test("there is none before the cluster came to life, and none after it is gone", async () => {
  await makeCluster(rig, ada, "later");
  expect((await download(ada, "ada", "later")).json.type).toBe("urn:berth:problem:no-kubeconfig");
  await recordLiveRevision("ada", "later");
  expect((await download(ada, "ada", "later")).status).toBe(200);
  await rig.stores.clusters.setState((await clusterOf("ada", "later")).id, "gone", Date.now());
  expect([404, 409]).toContain((await download(ada, "ada", "later")).status);
});

test("it leads outside or to the machine, with the cluster's authority and a certificate that names the person for a week", async () => {
  const { id, tenantId } = await clusterOf("ada", "demo");
  const spec = await rig.stores.clusters.spec(id, 1);
  const secrets = await rig.stores.secrets.clusterSecrets(tenantId, id);
  const outside = await download(ada);
  expect(outside.headers.get("cache-control")).toBe("no-store");
  const config = parse(outside.text) as Kubeconfig;
  expect(config["current-context"]).toBe("ada.demo");
  expect(config.clusters[0]?.cluster).toEqual({
    server: `https://berth.test:${spec && publishedApiPort(spec)}`,
    "tls-server-name": "kubernetes",
    "certificate-authority-data": Buffer.from(secrets?.pki.caCert ?? "").toString("base64"),
  });
  const certificate = certificateOf(config);
  expect(certificate.subject.split("\n").sort()).toEqual(["CN=berth:ada", "O=kubeadm:cluster-admins"]);
  expect(certificate.verify(new X509Certificate(secrets?.pki.caCert ?? "").publicKey)).toBe(true);
  const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(6.9);
  expect(days).toBeLessThanOrEqual(7);
  const direct = parse((await download(ada, "ada", "demo", "?use=direct")).text) as Kubeconfig;
  expect(direct.clusters[0]?.cluster.server).toBe(`https://${spec && addressOf(controlPlaneOf(spec))}:6443`);
});

test("every download has a certificate and a key of its own, and each person's names that person", async () => {
  const eve = await rig.person("eve");
  const { tenantId } = await clusterOf("ada", "demo");
  await rig.stores.people.addMember(tenantId, eve.actor.personId, "member");
  const made = [await download(ada), await download(ada), await download(eve)].map(({ text }) => parse(text) as Kubeconfig);
  expect(new Set(made.map((c) => c.users[0]?.user["client-key-data"])).size).toBe(3);
  expect(
    made.map((c) =>
      certificateOf(c)
        .subject.split("\n")
        .find((part) => part.startsWith("CN=")),
    ),
  ).toEqual(["CN=berth:ada", "CN=berth:ada", "CN=berth:eve"]);
});

test("no key of it is in the portal's records, and the authority's key is in none", async () => {
  const { id, tenantId } = await clusterOf("ada", "demo");
  const { text } = await download(ada);
  const key = (parse(text) as Kubeconfig).users[0]?.user["client-key-data"] ?? "";
  const authority = (await rig.stores.secrets.clusterSecrets(tenantId, id))?.pki.caKey ?? "";
  expect(rig.records.length).toBeGreaterThan(0);
  expect(
    rig.records.filter((line) => line.includes(key) || line.includes(Buffer.from(key, "base64").toString().split("\n")[1] ?? "")),
  ).toEqual([]);
  expect(text).not.toContain(Buffer.from(authority).toString("base64"));
});

test("two clusters whose names join to the same word keep their credentials in one merged file", async () => {
  const boss = await rig.person("boss", true);
  for (const [tenant, cluster] of [
    ["t", "b-c"],
    ["t-b", "c"],
  ] as const) {
    await rig.stores.people.createTenant({ id: `tenant-${tenant}`, slug: tenant, createdAt: 1 });
    expect((await ask(rig, "POST", `/api/v1/tenants/${tenant}/clusters`, { token: boss.token, body: { name: cluster } })).status).toBe(201);
    await recordLiveRevision(tenant, cluster);
    const merged = await run([`${tenant}/${cluster}`, "--merge", "-f", join(home, "config")], { BERTH_TOKEN: boss.token });
    expect([merged.exitCode, merged.stderr]).toEqual([0, expect.stringContaining("current context: t.b-c")]);
  }
  const both = read(join(home, "config"));
  expect(both.clusters.map((c) => c.name)).toEqual(["t.b-c", "t-b.c"]);
  expect(new Set(both.users.map((u) => u.user["client-key-data"])).size).toBe(2);
});

test("the command line writes a file that only its owner reads, and replaces one only when told", async () => {
  const file = join(home, "demo.kubeconfig");
  const made = await run(["demo", "-f", file]);
  expect([made.exitCode, made.stdout, made.stderr]).toEqual([
    0,
    "",
    expect.stringMatching(/valid until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/),
  ]);
  expect(modeOf(file)).toBe(0o600);
  writeFileSync(file, "mine");
  chmodSync(file, 0o644);
  const again = await run(["demo", "-f", file]);
  expect([again.exitCode, again.stderr]).toEqual([3, expect.stringContaining("--force replaces it, --merge adds this cluster to it")]);
  expect(readFileSync(file, "utf8")).toBe("mine");
  expect((await run(["demo", "-f", file, "--force"])).exitCode).toBe(0);
  expect([read(file)["current-context"], modeOf(file)]).toEqual(["ada.demo", 0o600]);
});

test("the command line follows no link, and says which folder is missing", async () => {
  writeFileSync(join(home, "target"), "mine");
  symlinkSync(join(home, "target"), join(home, "link"));
  const { exitCode, stderr } = await run(["demo", "-f", join(home, "link"), "--force"]);
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining("is a symbolic link")]);
  expect(readFileSync(join(home, "target"), "utf8")).toBe("mine");
  const missing = await run(["demo", "-f", join(home, "none", "x")]);
  expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining(`the folder ${join(home, "none")} does not exist`)]);
  expect(missing.stderr).not.toContain("ENOENT");
});

test("--merge keeps what is there, goes to kubectl's own file, and changes the current context only when told", async () => {
  mkdirSync(join(home, ".kube"));
  const config = join(home, ".kube", "config");
  writeFileSync(
    config,
    stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [],
      users: [{ name: "work", user: { token: "keep" } }],
      contexts: [],
      "current-context": "work",
    }),
    { mode: 0o644 },
  );
  expect((await run(["demo", "--merge"])).exitCode).toBe(0);
  expect(read(config)).toMatchObject({
    users: [{ name: "work", user: { token: "keep" } }, { name: "ada.demo" }],
    "current-context": "work",
  });
  expect(modeOf(config)).toBe(0o600);
  expect((await run(["demo", "--merge", "--use"])).exitCode).toBe(0);
  expect(read(config)).toMatchObject({ users: [{ name: "work" }, { name: "ada.demo" }], "current-context": "ada.demo" });
  const elsewhere = join(home, "elsewhere");
  writeFileSync(elsewhere, "- not\n- a kubeconfig\n");
  expect([(await run(["demo", "--merge"], { KUBECONFIG: elsewhere })).exitCode, readFileSync(elsewhere, "utf8")]).toEqual([
    3,
    "- not\n- a kubeconfig\n",
  ]);
});
