/**
 * Text that would harm a database, a terminal or a machine, at every place where the API and the use cases take any: it is
 * refused with a 4xx that names the field and its rule, on every kind of store, and never becomes a 5xx.
 */
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type MemoryStores, memoryStores } from "#app/adapters/memory/stores.ts";
import type { Endpoint } from "#app/server/api/endpoint.ts";
import { endpoints } from "#app/server/api/endpoints.ts";
import { openSqliteStores, openSqlStores, tempFolder } from "#tests/contract/open-stores.ts";
import { startPostgres } from "#tests/contract/processes/postgres-server.ts";
import { ask, makeCluster, password, type Rig, type Someone, startRig, unlimited } from "./rig.ts";

interface Opened {
  readonly stores: MemoryStores;
  close(): Promise<void>;
}

type Kind = readonly [string, () => Promise<Opened>];

const postgres: Kind = ["PostgreSQL", openPostgres];
const kinds: readonly Kind[] = [
  ["memory", async () => ({ stores: memoryStores(), close: async () => undefined })],
  ["SQLite", async () => withStores(await openSqliteStores())],
  postgres,
];

const withStores = (stores: MemoryStores & { close(): Promise<void> }): Opened => ({ stores, close: () => stores.close() });

async function openPostgres(): Promise<Opened> {
  const [server, folder] = [await startPostgres(), await tempFolder()];
  const stores = await openSqlStores({ kind: "postgres", url: server.url("postgres") }, folder);
  const close = async () => {
    await stores.close();
    await server.stop();
    await rm(folder, { recursive: true });
  };
  return { stores, close };
}

const harmful = ["demo\u0000", "ada\u202e"];

const fieldsOf = (schema: z.ZodType | null): readonly string[] => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []);
const sentBody: Readonly<Record<string, unknown>> = { name: "other", label: "x", slug: "x", hash: "h", id: "x", days: 1, kind: "update" };
/** A field of these is a list of texts. */
const isList = (field: string): boolean => field === "ids";

/** Bodies of an endpoint with one field in turn that holds the text. */
function bodiesWith(e: Endpoint, text: string): readonly (readonly [string, Record<string, unknown>])[] {
  const fields = fieldsOf(e.described);
  const good = Object.fromEntries(fields.filter((f) => Object.hasOwn(sentBody, f)).map((f) => [f, sentBody[f]]));
  return fields.map((field) => [
    field,
    { ...good, ...(field === "sshKey" ? { sshKeyMode: "paste" } : {}), [field]: isList(field) ? [text] : text },
  ]);
}

interface Home {
  readonly rig: Rig;
  readonly ada: Someone;
  readonly root: Someone;
  readonly operation: string;
  close(): Promise<void>;
}

/** A portal with an operator, and with ada, who has a cluster and a plan of it. */
async function openHome([, open]: Kind): Promise<Home> {
  const opened = await open();
  const rig = await startRig({ stores: opened.stores, limits: unlimited });
  const [ada, root] = [await rig.person("ada"), await rig.person("mina", true)];
  const operation = await makeCluster(rig, ada, "demo");
  await rig.plan("demo", "ada");
  return {
    rig,
    ada,
    root,
    operation,
    close: async () => {
      await rig.close();
      await opened.close();
    },
  };
}

const good = (e: Endpoint) => bodiesWith(e, "x")[0]?.[1] ?? {};

function pathOf(e: Endpoint, { operation }: Home, odd: string | null = null, text = ""): string {
  const known: Readonly<Record<string, string>> = { ":tenant": "ada", ":cluster": "demo", ":number": "1", ":id": operation };
  return `/api/v1${e.path.replace(/:\w+/g, (name) => (name === odd ? encodeURIComponent(text.toWellFormed()) : (known[name] ?? name)))}`;
}

const send = ({ rig, ada, root }: Home, e: Endpoint, path: string, body: unknown) =>
  ask(rig, e.method.toUpperCase(), path, {
    token: e.path.startsWith("/tenants/") ? ada.token : root.token,
    ...(e.method === "get" || e.method === "delete" ? {} : { body }),
  });

const fieldsNamed = (json: Record<string, unknown>): readonly string[] =>
  ((json.issues ?? []) as { field: string }[]).map((issue) => issue.field);

describe("the API on PostgreSQL", () => {
  let home: Home;
  beforeAll(async () => {
    home = await openHome(postgres);
  }, 120_000);
  afterAll(() => home.close());

  test("finds nothing at a path with such a name", async () => {
    for (const e of endpoints) {
      for (const name of e.path.match(/:\w+/g) ?? []) {
        for (const text of harmful) {
          const answer = await send(home, e, pathOf(e, home, name, text), good(e));
          expect([answer.status, answer.json.type], `${e.method} ${e.path} ${name} ${JSON.stringify(text)}`).toEqual([
            404,
            "urn:berth:problem:not-found",
          ]);
        }
      }
    }
  });

  test("refuses a query with such a value and names the field", async () => {
    for (const e of endpoints) {
      for (const field of fieldsOf(e.query)) {
        for (const text of harmful) {
          const answer = await send(home, e, `${pathOf(e, home)}?${new URLSearchParams({ [field]: text })}`, good(e));
          expect([answer.status, fieldsNamed(answer.json)], `${e.method} ${e.path}?${field} ${JSON.stringify(text)}`).toEqual([
            422,
            [field],
          ]);
        }
      }
    }
  });

  test("refuses a body with such a value and names the field and its rule", async () => {
    for (const e of endpoints) {
      // A row's id may hold what is not visible: others named the thing on the host.
      for (const text of ["demo\u0000", "\ud800"]) {
        for (const [field, body] of bodiesWith(e, text)) {
          const answer = await send(home, e, pathOf(e, home), body);
          expect(answer.status, `${e.method} ${e.path} ${field} ${JSON.stringify(text)}: ${answer.text}`).toBe(422);
          expect(fieldsNamed(answer.json)).toContain(isList(field) ? `${field}[0]` : field);
        }
      }
    }
  });

  test("keeps a label in any script as it was typed, composed", async () => {
    const { rig, ada } = home;
    for (const [typed, kept] of [
      [" Zoe\u0308s Laptop ", "Zoës Laptop"],
      ["서울 노트북", "서울 노트북"],
      ["👩‍💻 עבודה", "👩‍💻 עבודה"],
    ]) {
      const made = await ask(rig, "POST", "/api/v1/people/tokens", { token: ada.token, body: { label: typed } });
      expect([made.status, (made.json.token as { label: string }).label]).toEqual([201, kept]);
      const { tokens } = (await ask(rig, "GET", "/api/v1/people/tokens", { token: ada.token })).json as { tokens: { label: string }[] };
      expect(tokens.map((t) => t.label)).toContain(kept);
    }
  });
});

test.each(kinds)(
  "on %s a use case that is called with such a name or id finds nothing, whoever calls it",
  async (...kind) => {
    const home = await openHome(kind);
    const { rig, ada, root } = home;
    const { clusters, operations, people, plans, drift } = rig.services;
    for (const text of harmful) {
      const ref = { tenant: "ada", cluster: text };
      const calls = [
        () => rig.services.tenant(root.actor, text),
        () => clusters.list(root.actor, { tenant: text }),
        () => clusters.get(root.actor, ref),
        () => clusters.preview(root.actor, ref, "update", null),
        () => plans.get(root.actor, ref, 1),
        () => drift.get(root.actor, ref),
        () => operations.get(root.actor, text),
        () => operations.list(root.actor, { before: text }),
        () => operations.list(root.actor, { tenant: text }),
        () => people.revokeToken(ada.actor, text),
        () => people.setDisabled(root.actor, text, true),
      ];
      for (const call of calls)
        await expect((async () => call())(), `${call} ${JSON.stringify(text)}`).rejects.toMatchObject({ detail: { code: "not-found" } });
      await expect(rig.sessions.signIn(text, password, "here")).rejects.toMatchObject({ detail: { code: "wrong-credentials" } });
      expect([await rig.sessions.invitation(text), await rig.sessions.bySession(text)]).toEqual([null, null]);
    }
    await home.close();
  },
  60_000,
);

describe("a password", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.close());

  test("signs in however it is composed, at joining and later", async () => {
    const operator = await rig.person("mina", true);
    const { link } = await rig.services.people.invite(operator.actor, { operator: false });
    await rig.sessions.join(link.split("/").at(-1) ?? "", "zoe", "ko\u0308nigliche Wa\u0308lder", "here");
    for (const typed of ["königliche Wälder", "ko\u0308nigliche Wälder", "königliche\u00a0Wa\u0308lder"])
      expect(await rig.sessions.signIn("zoe", typed, "here")).toHaveProperty("secret");
    await expect(rig.sessions.signIn("zoe", "konigliche Walder", "here")).rejects.toMatchObject({ detail: { code: "wrong-credentials" } });
  });

  test("of an account that is older than this rule still works as it was typed, and composed", async () => {
    const [raw, composed] = ["scho\u0308nes\u00a0altes\tWort", "schönes altes Wort mit ä"];
    const add = (name: string, hashed: string) =>
      rig.stores.people.createPerson({ id: name, name, passwordHash: `hashed ${hashed}`, operator: false, tenantId: name, now: 1 });
    await add("old-raw", raw);
    await add("old-mac", composed.normalize("NFD"));
    expect(await rig.sessions.signIn("old-raw", raw, "here")).toHaveProperty("secret");
    expect(await rig.sessions.signIn("old-mac", composed, "here")).toHaveProperty("secret");
  });
});
