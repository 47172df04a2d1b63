/** Add-ons through the API: chosen, switched on and off in a living cluster, and refused with the reason. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { addOnsOf } from "#app/domain/cluster/spec.ts";
import { plainBlueprint } from "#tests/plain/blueprint.ts";
import { ask, newestSpec, onlyCluster, type Rig, type RigOptions, setupOf, type Someone, startRig } from "#tests/api/rig.ts";

let rig: Rig;
let ada: Someone;
const start = async (options: RigOptions = {}) => {
  rig = await startRig(options);
  ada = await rig.person("ada");
};
beforeEach(() => start());
afterEach(() => rig.close());

const base = "/api/v1/tenants/ada/clusters";
const send = (method: "GET" | "POST" | "PUT", path: string, body?: unknown) =>
  ask(rig, method, path, { token: ada.token, ...(body === undefined ? {} : { body }) });
const only = () => onlyCluster(rig);
const newest = () => newestSpec(rig);
const alive = async () => {
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  const cluster = await only();
  await rig.stores.clusters.setLiveRevision(cluster.id, cluster.revision);
  await rig.stores.clusters.setState(cluster.id, "ready", Date.now());
};
const create = async (body: object = {}) => {
  expect((await send("POST", base, { name: "demo", workers: 1, ...body })).status).toBe(201);
  await alive();
};
const ids = async () => addOnsOf(await newest()).map(({ id }) => id);
const issuesIn = (answer: { json: Record<string, unknown> }) =>
  answer.json.issues as readonly { field: string; code: string; message: string }[] | undefined;

test("a cluster is created with an add-on, which the answer and the revision's changes name", async () => {
  await create({ addOns: ["metrics-server"] });
  const { spec } = (await send("GET", `${base}/demo`)).json as { spec: { addOns: unknown } };
  expect(spec.addOns).toEqual([{ id: "metrics-server", version: "0.9.0", kubernetes: "main", settings: {} }]);
  const { changes } = (await send("GET", `${base}/demo/revisions/1`)).json;
  expect(changes).toContainEqual({ about: "addOn", name: "metrics-server", field: "version", before: null, after: "0.9.0" });
});

test("a cluster without add-ons has no such property", async () => {
  await create();
  expect(await newest()).not.toHaveProperty("addOns");
});

test("an add-on is switched on and off in a living cluster, and stays when a change says nothing of it", async () => {
  await create();
  expect((await send("PUT", `${base}/demo`, { addOns: ["metrics-server"] })).status).toBe(201);
  await alive();
  expect((await send("PUT", `${base}/demo`, { workers: 2 })).status).toBe(201);
  expect(await ids()).toEqual(["metrics-server"]);
  await alive();
  expect((await send("PUT", `${base}/demo`, { addOns: ["metrics-server"] })).json.type).toBe("urn:berth:problem:nothing-changed");
  expect((await send("PUT", `${base}/demo`, { addOns: [] })).status).toBe(201);
  expect(await newest()).not.toHaveProperty("addOns");
});

test("an add-on that does not exist is refused by its id, in a new cluster and in a change", async () => {
  const refused = await send("POST", base, { name: "demo", addOns: ["metrics-serve"] });
  expect([refused.status, issuesIn(refused)]).toEqual([
    422,
    [expect.objectContaining({ field: "addOns", code: "addOn.unknown", message: "Add-ons: there is no add-on “metrics-serve”." })],
  ]);
  await create();
  expect(issuesIn(await send("PUT", `${base}/demo`, { addOns: ["metrics-serve"] }))).toMatchObject([{ code: "addOn.unknown" }]);
});

test("machines from an image that was made before the add-on cannot have it", async () => {
  const setup = setupOf(true);
  await rig.close();
  await start({
    setupStatus: { ...setup, images: async () => (await setup.images()).map((image) => ({ ...image, containerImages: [] })) },
  });
  expect(issuesIn(await send("POST", base, { name: "demo", addOns: ["metrics-server"] }))).toMatchObject([
    { field: "addOns", code: "addOn.image" },
  ]);
  await create();
  const refused = await send("PUT", `${base}/demo`, { addOns: ["metrics-server"] });
  expect([refused.status, issuesIn(refused)?.[0]?.message]).toEqual([
    422,
    "Add-ons: the machines' image was made without metrics-server. Create a new cluster for it.",
  ]);
});

test("the image that is still being made will hold it", async () => {
  await rig.close();
  await start({ ready: "but-for-the-image" });
  expect((await send("POST", base, { name: "demo", addOns: ["metrics-server"] })).status).toBe(201);
});

test("a blueprint without Kubernetes takes none", async () => {
  await rig.close();
  await start({ blueprints: [{ ...plainBlueprint, id: "single", image: "node" }] });
  expect(issuesIn(await send("POST", base, { name: "demo", addOns: ["metrics-server"] }))).toMatchObject([
    { field: "addOns", code: "addOn.blueprint" },
  ]);
  expect((await send("POST", base, { name: "demo" })).status).toBe(201);
});

test("OpenAPI names the add-ons that there are", async () => {
  const { json } = await send("GET", "/api/v1/openapi.json");
  expect(JSON.stringify((json.paths as Record<string, { post: unknown }>)["/tenants/{tenant}/clusters"]?.post)).toContain("metrics-server");
});
