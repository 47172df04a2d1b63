/**
 * Every answer of the API against the contract (`app/contract`): what services give is described, what is described is
 * given, and nothing else leaves the portal.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { DriftFinding } from "#app/domain/drift/drift.ts";
import { afterCheck } from "#app/domain/drift/record.ts";
import { message } from "#app/domain/message/message.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { Headroom, PlanRow, Shortage } from "#app/domain/plan/plan.ts";
import { problemOf } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { withTexts } from "#app/server/api/answer-texts.ts";
import { openApiDocument } from "#app/server/api/document.ts";
import type { Endpoint } from "#app/server/api/endpoint.ts";
import { endpoints } from "#app/server/api/endpoints.ts";
import { wordsIn } from "#app/server/http/words.server.ts";
import type { Services } from "#app/services/portal.ts";
import { fixtureContext, type Scenario } from "#tests/pages/fixture.ts";
import { operations } from "#tests/pages/fixture-operations.ts";
import { clusters, plans } from "#tests/pages/fixture-world.ts";
import { makeCluster, type Rig, startRig } from "./rig.ts";

type Reading = Endpoint & { readonly answer: z.ZodType };

const reading = endpoints.filter((e): e is Reading => e.method === "get" && e.answer !== "yaml");
const named = reading.map((e) => [e.path, e] as const);

interface Portal {
  readonly services: Services;
  readonly actor: Actor;
}

/** What the services give for an endpoint, with texts; null: there is no such thing. */
async function given({ services, actor }: Portal, e: Endpoint, params: object): Promise<unknown> {
  const rest = {
    actorNow: async () => actor,
    longPolls: null,
    feed: { subscribe: () => () => undefined },
    body: undefined,
    keyed: null,
    signal: new AbortController().signal,
  };
  try {
    const answer = await e.run({ services, actor, params, query: e.query.parse({}), ...rest } as unknown as Parameters<Endpoint["run"]>[0]);
    return withTexts(answer, wordsIn("en"));
  } catch (error) {
    if (problemOf(error) === null) throw error;
    return null;
  }
}

const fixtureOf = (scenario: Scenario): Portal | null => {
  const { services, actor } = fixtureContext({ scenario, language: "en", theme: "system", nonce: "" });
  return actor === null ? null : { services, actor };
};

/** Values for the parameters of a path, in every state that the fixture has. */
function paramsOf({ path }: Endpoint): readonly object[] {
  const tenant = "harbour";
  if (path.includes(":number")) return plans.map(({ plan, cluster }) => ({ tenant, cluster: cluster.name, number: plan.number }));
  if (path.includes(":cluster")) return clusters.map(({ name }) => ({ tenant, cluster: name }));
  if (path.includes(":id")) return operations.map(({ id }) => ({ id }));
  return [path.includes(":tenant") ? { tenant } : {}];
}

async function samplesOf(e: Endpoint, of: readonly Scenario[]): Promise<readonly unknown[]> {
  const portals = of.map(fixtureOf).filter((portal) => portal !== null);
  const all = await Promise.all(portals.flatMap((portal) => paramsOf(e).map((params) => given(portal, e, params))));
  return all.filter((sample) => sample !== null);
}

describe("answers of the fixture, in every state", () => {
  test.each(named)("%s: fit their schema", async (_, e) => {
    const samples = await samplesOf(e, ["usual", "empty", "setting-up", "viewer", "many"]);
    expect(samples).not.toEqual([]);
    for (const sample of samples) expect(e.answer.safeParse(sample).error?.issues).toBeUndefined();
  });

  test.each(named)("%s: do not fit without a field that they have", async (_, e) => {
    const missed = new Set<string>();
    for (const sample of await samplesOf(e, ["usual", "setting-up"])) {
      for (const way of objectsIn(e.answer.parse(sample))) {
        for (const field of Object.keys(valueAt(sample, way) as object)) {
          const without = changed(sample, way, ({ [field]: _left, ...rest }) => rest);
          if (e.answer.safeParse(without).success && isDescribed(e, sample, way, field))
            missed.add([...way.filter((step) => !/^\d/.test(step)), field].join("."));
        }
      }
    }
    expect([...missed].filter((field) => !optional.test(field))).toEqual([]);
  });

  test.each(named)("%s: leave without a field that is not described", async (_, e) => {
    for (const sample of await samplesOf(e, ["usual", "setting-up"])) {
      let more = sample;
      for (const way of objectsIn(e.answer.parse(sample))) more = changed(more, way, (fields) => ({ ...fields, internal: "secret" }));
      expect(e.answer.parse(more)).toEqual(e.answer.parse(sample));
    }
  });
});

/** Absent where they do not apply. */
const optional =
  /(^|\.)(repair|kubernetes\.certificates|kubernetes\.endpoint\.virtual|spec\.addOns|liveSpec\.addOns|spec\.services|liveSpec\.services|spec\.power(Hours)?|liveSpec\.power(Hours)?|serviceMachines)$/;

/** The schema has the field: it survives. */
const isDescribed = (e: Reading, sample: unknown, way: readonly string[], field: string): boolean =>
  Object.hasOwn(valueAt(e.answer.parse(sample), way) as object, field);

/** Members with names of their own, and events, which may be of any kind. */
const open = new Set(["event", "params", "labels", "components", "durations", "settings"]);

/** The way to each object with described fields; of a list, the first and the last. */
function objectsIn(value: unknown, way: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null || open.has(way.at(-1) ?? "")) return [];
  const inner = Object.entries(value).filter(([key]) => !Array.isArray(value) || key === "0" || key === String(value.length - 1));
  return [...(Array.isArray(value) ? [] : [way]), ...inner.flatMap(([key, one]) => objectsIn(one, [...way, key]))];
}

type Fields = Record<string, unknown>;

const valueAt = (value: unknown, way: readonly string[]): unknown => way.reduce((found: unknown, key) => (found as Fields)[key], value);

function changed(value: unknown, [key, ...rest]: readonly string[], change: (fields: Fields) => Fields): unknown {
  if (key === undefined) return change(value as Fields);
  const inner = changed((value as Fields)[key], rest, change);
  return Array.isArray(value) ? value.with(Number(key), inner) : { ...(value as Fields), [key]: inner };
}

/** Given for pages only: internal, or of no use without the page. */
const forPages: Readonly<Record<string, readonly string[]>> = {
  "/tenants/:tenant/clusters/new": ["accelerator"],
  "/tenants/:tenant/clusters/:cluster": ["spec.tenantId", "liveSpec.tenantId"],
  "/tenants/:tenant/clusters/:cluster/edit": ["form.accelerator", "spec.tenantId"],
  "/tenants/:tenant/clusters/:cluster/revisions/:number": ["spec.tenantId"],
  "/tenants/:tenant/clusters/:cluster/plans/:number": ["plan.tenantId", "plan.clusterId", "plan.rows.0.step", "plan.rows.0.on"],
};

const row: PlanRow = {
  urn: "urn:cp0",
  name: "cp0",
  step: "machine",
  type: "libvirt:index/domain:Domain",
  phase: "boot",
  change: "create",
  impact: "none",
  machine: "cp0",
  on: null,
  changed: ["memory"],
};
const headroom: readonly Headroom[] = [{ what: "memory", unit: "MiB", before: 0, after: 2048, limit: 4096 }];
const shortage: Shortage = { code: "memory", needed: 2048, available: 1024, unit: "MiB" };
const failure: Failure = {
  step: null,
  machine: "cp0",
  phase: "boot",
  cause: "unknown",
  reasons: [message("holder-gone")],
  lastOutput: ["a line"],
  next: "resume",
};
const stopped: DriftFinding = {
  id: "machine-stopped:cp0",
  kind: "machine-stopped",
  subject: "cp0",
  machine: "cp0",
  expected: "running",
  found: "stopped",
  impact: "restart",
  repair: "plan",
  adopt: false,
};

describe("answers of a portal", () => {
  let rig: Rig;
  let portal: Portal;
  let id: string;

  beforeAll(async () => {
    rig = await startRig();
    const ada = await rig.person("ada", true);
    portal = { services: rig.services, actor: ada.actor };
    id = await makeCluster(rig, ada, "demo");
    await rig.plan("demo", "ada", { rows: [row], headroom, refusals: [shortage, message("bridge-taken", { bridge: "berth1" })] });
    const claim = await rig.claim();
    await rig.append(claim, { kind: "notice", level: "note", machine: null, message: message("holder-gone") });
    await rig.stores.operations.finish(claim, "failed", [], failure, Date.now());
    const { stores } = rig;
    await stores.clusters.setLiveRevision(claim.clusterId, 1);
    await stores.clusters.setState(claim.clusterId, "ready", Date.now());
    await stores.clusters.setReceipt(claim.clusterId, {
      operationId: id,
      at: 1,
      by: "ada",
      rows: [{ what: "disk", name: "a.qcow2", gone: true, proof: message("no-disk") }],
    });
    const sources = { host: "seen", engine: "seen", nodes: "seen" } as const;
    for (const check of [
      { trouble: null, findings: [stopped] },
      { trouble: [message("libvirt-silent")], findings: [] },
    ]) {
      await stores.drift.change(claim.clusterId, (record) => afterCheck(record, { at: Date.now(), revision: 1, sources, ...check }));
    }
  });
  afterAll(() => rig.close());

  test.each(named)("%s: fit their schema, and hold nothing more but what is for pages", async (path, e) => {
    const answer = await given(portal, e, { tenant: "ada", cluster: "demo", number: 1, id });
    expect(answer).not.toBeNull();
    expect(undescribed(answer, e.answer.parse(answer))).toEqual(forPages[path] ?? []);
  });
});

/** Fields of the first value that the second lacks. */
function undescribed(whole: unknown, part: unknown, way: readonly string[] = []): readonly string[] {
  if (typeof whole !== "object" || whole === null) return [];
  return Object.entries(whole).flatMap(([key, value]) =>
    Object.hasOwn(part as object, key) ? undescribed(value, (part as Fields)[key], [...way, key]) : [[...way, key].join(".")],
  );
}

test.each(reading.filter((e) => e.answer instanceof z.ZodObject).map((e) => [e.path, e] as const))(
  "the OpenAPI document of %s has the fields of the contract",
  (path, e) => {
    const document = openApiDocument([e]) as {
      readonly paths: Record<
        string,
        {
          readonly get: {
            readonly responses: Record<string, { readonly content: Record<string, { readonly schema: { readonly properties: object } }> }>;
          };
        }
      >;
    };
    const { properties } = document.paths[path.replace(/:(\w+)/g, "{$1}")]?.get.responses["200"]?.content["application/json"]?.schema ?? {};
    expect(Object.keys(properties ?? {})).toEqual(Object.keys((e.answer as z.ZodObject).shape));
  },
);

test("the OpenAPI document tells the states of a step of set-up apart", () => {
  const document = JSON.stringify(openApiDocument(endpoints.filter((e) => e.path === "/setup")));
  for (const member of ["outcomeMessages", "startedAt", "fix"]) expect(document).toContain(`"${member}"`);
});
