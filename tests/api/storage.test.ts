/** The database in trouble, as people and programs hear of it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { StorageTrouble, type StorageTroubleKind, storageTroubles } from "#app/ports/storage-trouble.ts";
import { ask, type Rig, type Someone, startRigWithCluster } from "./rig.ts";

let rig: Rig;
let ada: Someone;
beforeAll(async () => {
  ({ rig, ada } = await startRigWithCluster());
});
afterAll(() => rig.close());

const refusing = (kind: StorageTroubleKind) => async (): Promise<never> => {
  throw new Error("doing something", { cause: new StorageTrouble(kind, "SQLITE_X: /var/lib/berth/berth.sqlite") });
};

test.each(storageTroubles)(
  "%s: 503 with a sentence and when to come back, for writing and for reading, in both languages",
  async (kind) => {
    const { operations, clusters } = rig.stores;
    const real = { submit: operations.submit, page: clusters.page };
    Object.assign(operations, { submit: refusing(kind) });
    Object.assign(clusters, { page: refusing(kind) });
    const write = () => ask(rig, "POST", "/api/v1/tenants/ada/clusters/demo/preview", { token: ada.token, body: {} });
    const read = (language: string) =>
      ask(rig, "GET", "/api/v1/tenants/ada/clusters", { token: ada.token, headers: { "accept-language": language } });
    for (const answer of [await write(), await read("en"), await read("ko")]) {
      expect(answer.status).toBe(503);
      expect(answer.json.type).toBe(`urn:berth:problem:storage-${kind}`);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(String(answer.json.detail).length).toBeGreaterThan(20);
      expect(answer.text).not.toMatch(/SQLITE|berth\.sqlite|\bat .*\.ts/);
    }
    expect((await read("ko")).json.detail).toMatch(/[가-힣]/);
    // The operator's record has the cause.
    expect(rig.records.some((text) => text.includes("SQLITE_X"))).toBe(true);
    Object.assign(operations, { submit: real.submit });
    Object.assign(clusters, { page: real.page });
    expect((await write()).status).toBe(409);
  },
);

test("also before anybody knows who asks", async () => {
  const { people } = rig.stores;
  const real = people.token;
  Object.assign(people, { token: refusing("locked"), session: refusing("locked") });
  const api = await ask(rig, "GET", "/api/v1/me", { token: ada.token });
  expect([api.status, api.json.type]).toEqual([503, "urn:berth:problem:storage-locked"]);
  Object.assign(people, { token: real });
  expect((await ask(rig, "GET", "/api/v1/me", { token: ada.token })).status).toBe(200);
});
