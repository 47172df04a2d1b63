/** The hours of a cluster, kept in somebody's name against stores in memory and use cases that only say what they were asked. */
import { beforeEach, describe, expect, it } from "vitest";
import { memoryStores, type MemoryStores } from "#app/adapters/memory/stores.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import { addCluster, addPerson, claimNext, newOperation, planOf } from "#tests/contract/fixtures.ts";
import { keepHours, type PowerSchedulePorts } from "./power-schedule.ts";

const monday = Date.parse("2026-01-05T07:00Z");
const evening = Date.parse("2026-01-05T18:00Z");
const office = { timeZone: "Europe/Berlin", on: [{ days: ["mon", "tue", "wed", "thu", "fri"], from: 480, to: 1140 }] } as const;

let stores: MemoryStores;
let person: { tenantId: string; personId: string };
let cluster: Cluster;
let now: number;
let asked: string[];
let trouble: unknown[];

beforeEach(async () => {
  stores = memoryStores();
  person = await addPerson(stores, "mina");
  const made = await addCluster(stores, person.tenantId, "night", 1);
  const spec = (await stores.clusters.spec(made.id, 1)) ?? expect.fail();
  await stores.clusters.addRevision({ ...spec, revision: 2, powerHours: { ...office, setBy: person.personId } }, 0);
  await stores.clusters.setLiveRevision(made.id, 2);
  await stores.clusters.setState(made.id, "ready", 0);
  cluster = (await stores.clusters.get(made.id)) ?? expect.fail();
  [now, asked, trouble] = [evening + 60_000, [], []];
});

const ports = (): PowerSchedulePorts => ({
  ...stores,
  now: () => now,
  services: {
    clusters: {
      setPower: async (actor, ref, power, keyed) => {
        asked.push(`${actor.name}: ${ref.tenant}/${ref.cluster} ${power}`);
        return (await queue("preview", keyed?.id ?? null)) as never;
      },
    },
    plans: {
      approve: async (actor, _ref, number, by, keyed) => {
        asked.push(`${actor.name}: plan ${number} ${by.hash}`);
        return (await queue("update", keyed?.id ?? null)) as never;
      },
    },
  },
});
const keep = () => keepHours(ports(), (_doing, error) => trouble.push(error));

async function queue(kind: "preview" | "update", idempotencyKey: string | null) {
  const wanted = newOperation({ ...person, cluster }, { kind, specRevision: 2, idempotencyKey, requestedAt: now });
  return (await stores.operations.submit({ ...wanted, planId: null })).operation;
}

async function ended(plan: Partial<Plan> | null): Promise<void> {
  const claim = await claimNext(stores, now);
  if (plan !== null)
    await stores.clusters.addPlan(
      planOf(cluster, { operationId: claim.operationId, specRevision: 2, hash: "h1", refusals: [], ...plan }),
      claim,
    );
  await stores.operations.finish(claim, "succeeded", [], null, now);
}

describe("the hours of a cluster", () => {
  it("save it when they end: a preview first, its plan when that is made, and nothing twice", async () => {
    await keep();
    await keep();
    expect(asked).toEqual(["mina: mina/night saved"]);
    await ended({});
    await keep();
    await keep();
    expect(asked).toEqual(["mina: mina/night saved", "mina: plan 1 h1"]);
    expect(trouble).toEqual([]);
  });

  it("ask for nothing while it is as they say", async () => {
    now = monday + 60_000;
    await keep();
    expect(asked).toEqual([]);
  });

  it("give way to a person who did something after they changed, until they change again", async () => {
    await queue("preview", null);
    await ended(null);
    await keep();
    expect(asked).toEqual([]);
    now += 24 * 3_600_000;
    await keep();
    expect(asked).toEqual(["mina: mina/night saved"]);
  });

  it("leave a plan that is refused to a person", async () => {
    await keep();
    await ended({ refusals: [{ code: "disk", needed: 2, available: 1, unit: "GiB" }] });
    await keep();
    expect(asked).toEqual(["mina: mina/night saved"]);
  });

  it("do nothing in the name of somebody who may not come in any more", async () => {
    await stores.people.setDisabled(person.personId, 1);
    await keep();
    expect([asked, trouble]).toEqual([[], []]);
  });
});
