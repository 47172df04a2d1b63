/** Whose turn it is while an operation is interrupted: said with every operation that is. */
import { reported } from "#app/domain/message/message.ts";
import { afterEach, expect, test } from "vitest";
import { ask, calmHypervisor, makeCluster, type Rig, type RigOptions, startRig } from "./rig.ts";

let rig: Rig;
afterEach(() => rig.close());

/** Of a preview whose worker handed it over. */
async function turnWith(options: RigOptions): Promise<unknown> {
  rig = await startRig(options);
  const ada = await rig.person("ada");
  const id = await makeCluster(rig, ada, "demo");
  const read = async () => (await ask(rig, "GET", `/api/v1/operations/${id}`, { token: ada.token })).json;
  expect((await read()).turn).toBeNull();
  await rig.stores.operations.finish(await rig.claim(), "interrupted", [reported("handed over")], null, Date.now());
  return (await read()).turn;
}

test("it continues automatically", async () => {
  expect(await turnWith({})).toBe("berth");
});

test("it waits for libvirt", async () => {
  expect(await turnWith({ hypervisor: { ...calmHypervisor, capacity: () => Promise.reject(new Error("no answer")) } })).toBe("libvirt");
});

test("it waits for the image that it was planned with", async () => {
  expect(await turnWith({ ready: "but-for-the-image" })).toBe("image");
});

test("it waits for a person where Berth may not continue automatically", async () => {
  expect(await turnWith({ autoResume: false })).toBe("person");
});
