/** A cluster of several control planes through the API and the command line: created, grown, and what is refused. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addressOf, endpointOf, kubernetesOf, workersOf } from "#app/domain/cluster/spec.ts";
import { portsOf } from "#app/services/hosts/published-ports.ts";
import { ask, newestSpec, onlyCluster, type Rig, type Someone, startRig } from "#tests/api/rig.ts";

let rig: Rig;
let ada: Someone;
beforeEach(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
});
afterEach(() => rig.close());

const base = "/api/v1/tenants/ada/clusters";
const send = (method: "GET" | "POST" | "PUT", path: string, body?: unknown) =>
  ask(rig, method, path, { token: ada.token, ...(body === undefined ? {} : { body }) });
const only = () => onlyCluster(rig);
const newest = () => newestSpec(rig);
const endPreview = async () => rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
const alive = async () => {
  const cluster = await only();
  await rig.stores.clusters.setLiveRevision(cluster.id, cluster.revision);
  await rig.stores.clusters.setState(cluster.id, "ready", Date.now());
};
const create = async (body: Record<string, unknown> = {}) => {
  const made = await send("POST", base, { name: "demo", blueprint: "ha", ...body });
  expect([made.status, made.json.issues]).toEqual([201, undefined]);
  await endPreview();
};
const living = async (body: Record<string, unknown> = {}) => {
  await create(body);
  await alive();
};
const issuesIn = (answer: { json: Record<string, unknown> }) =>
  (answer.json.issues as { field: string; code: string }[] | undefined)?.map((i) => `${i.field} ${i.code}`);
const refusal = async (method: "POST" | "PUT", body: unknown) => {
  const answer = await send(method, method === "POST" ? base : `${base}/demo`, body);
  expect(answer.status).toBe(422);
  return issuesIn(answer);
};

test("it has three control planes unless another number is asked for, and its port leads to the address that they share", async () => {
  await create();
  const spec = await newest();
  expect([spec.blueprint, kubernetesOf(spec).controlPlane, workersOf(spec).length]).toEqual(["ha", ["cp0", "cp1", "cp2"], 1]);
  const { address } = endpointOf(spec);
  expect(spec.machines.map(addressOf)).not.toContain(address);
  const published = portsOf(spec);
  expect(published[0]).toMatchObject({ host: address, targetPort: 6443 });
  expect(new Set(published.map((p) => p.port)).size).toBe(1 + 4);
  const view = await send("GET", `${base}/demo`);
  expect(view.json).toMatchObject({
    summary: { controlPlanes: 3, workers: 1, vcpus: 8 },
    access: { directApiServer: `https://${address}:6443` },
  });
});

test("every machine has an SSH host key of its own", async () => {
  await create({ controlPlanes: 5 });
  const { machines } = await newest();
  expect(machines.map((m) => m.name)).toEqual(["cp0", "cp1", "cp2", "cp3", "cp4", "w1"]);
  expect(new Set(machines.map((m) => m.sshHostKey)).size).toBe(6);
});

test("a cluster with one control plane is what it was: without the field, and with the blueprint's name", async () => {
  expect((await send("POST", base, { name: "demo", blueprint: "single", controlPlanes: 1 })).status).toBe(201);
  const spec = await newest();
  expect(spec.published[0]).toMatchObject({ machine: "cp0", purpose: "api" });
  expect(kubernetesOf(spec).endpoint).not.toHaveProperty("virtual");
});

test.each([
  [{ blueprint: "none" }, ["blueprint blueprint.unknown"]],
  [{ blueprint: "single", controlPlanes: 3 }, ["controlPlanes controlPlanes.choice"]],
  [{ blueprint: "ha", controlPlanes: 2 }, ["controlPlanes controlPlanes.choice"]],
  [{ blueprint: "ha", controlPlanes: 7 }, ["controlPlanes controlPlanes.range"]],
  [{ blueprint: "ha", controlPlanes: "many" }, ["controlPlanes controlPlanes.range"]],
  [{ blueprint: "ha", podCidr: "10.244.0.0/22", workers: 3 }, ["podCidr cidr.few"]],
])("a new cluster with %j is refused, and the field is named", async (body, issues) => {
  expect(await refusal("POST", { name: "demo", ...body })).toEqual(issues);
});

test("a draft may become another blueprint, with the number that is usual for it", async () => {
  await create({ blueprint: "single" });
  expect((await send("PUT", `${base}/demo`, { blueprint: "ha" })).status).toBe(201);
  expect(kubernetesOf(await newest()).controlPlane).toHaveLength(3);
  await endPreview();
  expect((await send("PUT", `${base}/demo`, { blueprint: "single" })).status).toBe(201);
  expect([(await newest()).machines.map((m) => m.name), endpointOf(await newest()).virtual]).toEqual([["cp0", "w1"], undefined]);
});

test("one control plane grows to three and to five; what is there stays as it is", async () => {
  await living({ controlPlanes: 1 });
  const before = await newest();
  for (const [count, last] of [
    [3, "cp2"],
    [5, "cp4"],
  ] as const) {
    expect((await send("PUT", `${base}/demo`, { controlPlanes: count })).status).toBe(201);
    const spec = await newest();
    expect([kubernetesOf(spec).controlPlane.length, kubernetesOf(spec).controlPlane.at(-1)]).toEqual([count, last]);
    expect(spec.machines.filter((m) => before.machines.some((old) => old.name === m.name))).toEqual(before.machines);
    expect(spec.machines.find((m) => m.name === last)?.sshHostKey).toMatch(/^ssh-ed25519 /);
    await endPreview();
    await alive();
  }
  // The same number again asks for nothing.
  expect((await send("PUT", `${base}/demo`, { controlPlanes: 5 })).json.type).toBe("urn:berth:problem:nothing-changed");
});

test("fewer control planes, or another number than the blueprint offers, are refused with a reason", async () => {
  await living();
  expect(await refusal("PUT", { controlPlanes: 1 })).toEqual(["controlPlanes controlPlanes.fewer"]);
  expect(await refusal("PUT", { controlPlanes: 4 })).toEqual(["controlPlanes controlPlanes.choice"]);
  expect(await refusal("PUT", { blueprint: "single" })).toEqual(["blueprint field.fixed"]);
  expect((await only()).revision).toBe(1);
});

test("growth that was not carried out is taken back", async () => {
  await living({ controlPlanes: 1 });
  expect((await send("PUT", `${base}/demo`, { controlPlanes: 3 })).status).toBe(201);
  await endPreview();
  expect((await send("PUT", `${base}/demo`, { controlPlanes: 1 })).status).toBe(201);
  expect(kubernetesOf(await newest()).controlPlane).toEqual(["cp0"]);
});

test("a new size is for all control planes", async () => {
  await living();
  expect((await send("PUT", `${base}/demo`, { controlPlaneSize: "medium" })).status).toBe(201);
  expect((await newest()).machines.map((m) => m.memoryMiB)).toEqual([4096, 4096, 4096, 2048]);
});

test("OpenAPI describes blueprint and number of control planes, and how they may change", async () => {
  const { json } = await send("GET", "/api/v1/openapi.json");
  const text = JSON.stringify(json);
  expect(text).toMatch(/"blueprint":\{[^}]*Cannot change in a live cluster/);
  expect(text).toMatch(/"controlPlanes":\{.{0,200}Changes while the cluster runs/);
});

test("the command line asks for a blueprint and a number, and says what is refused", async () => {
  const berth = fileURLToPath(new URL("../../../app/cli/berth.mjs", import.meta.url));
  const home = mkdtempSync(join(tmpdir(), "berth-cli-ha-"));
  const env = { PATH: process.env.PATH ?? "", HOME: home, BERTH_URL: rig.url, BERTH_TOKEN: ada.token };
  const run = (...args: readonly string[]) =>
    execa(process.execPath, [berth, "cluster", ...args], { reject: false, extendEnv: false, env });
  try {
    expect((await run("create", "demo", "--blueprint", "ha", "--control-planes", "1", "--workers", "2")).exitCode).toBe(0);
    expect([kubernetesOf(await newest()).controlPlane, (await newest()).blueprint]).toEqual([["cp0"], "ha"]);
    await endPreview();
    await alive();
    expect((await run("update", "demo", "--control-planes", "3")).exitCode).toBe(0);
    expect(kubernetesOf(await newest()).controlPlane).toHaveLength(3);
    await endPreview();
    await alive();
    const fewer = await run("update", "demo", "--control-planes", "1");
    expect([fewer.exitCode, fewer.stderr]).toEqual([2, expect.stringContaining("the cluster has 3 and cannot have fewer")]);
    expect((await run("create", "other", "--blueprint", "none")).exitCode).toBe(2);
  } finally {
    rmSync(home, { recursive: true });
  }
});
