import { afterEach, describe, expect, it, vi } from "vitest";
import type { Client } from "./client.ts";
import { ensureTenant, placeOf, tenantOf } from "./place.ts";

interface World {
  readonly me: { readonly name: string; readonly operator: boolean; readonly own?: string | null };
  /** tenant → cluster → state. */
  readonly clusters: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const asked: string[] = [];

function clientOf({ me, clusters }: World): Client {
  const get = async (path: string): Promise<unknown> => {
    asked.push(path);
    if (path === "/me") return { ...me, tenants: Object.keys(clusters).map((slug) => ({ slug })) };
    const { pathname, searchParams } = new URL(path, "http://portal");
    const found = pathname === "/clusters" ? named(searchParams) : [];
    const tenants = pathname === "/tenants" ? Object.keys(clusters).filter((slug) => slug.includes(searchParams.get("q") ?? "")) : [];
    return { clusters: found, tenants: tenants.map((slug) => ({ slug })), total: found.length + tenants.length, next: null };
  };
  /** As the portal finds them: of the living, unless those that are gone are asked for. */
  const named = (query: URLSearchParams) =>
    Object.entries(clusters).flatMap(([tenant, states]) => {
      const state = states[query.get("name") ?? ""];
      return state !== undefined && (state === "gone") === (query.get("state") === "gone") ? [{ tenant, state }] : [];
    });
  const post = async (path: string, body: unknown): Promise<unknown> => void asked.push(`${path} ${JSON.stringify(body)}`);
  return { get, post } as unknown as Client;
}

const ada = { name: "ada", operator: false, own: "ada" };
const rootOf = (own: string | null) => ({ name: "local", operator: true, own });

afterEach(() => {
  asked.length = 0;
  vi.unstubAllEnvs();
});

describe("the cluster that is meant", () => {
  const client = clientOf({
    me: ada,
    clusters: { ada: { demo: "ready" }, team: { harbor: "ready", demo: "ready", old: "gone" }, other: { old: "ready" } },
  });

  it("is the only one of that name in any tenant", async () => {
    expect(await placeOf(client, "harbor", undefined)).toEqual({ tenant: "team", cluster: "harbor" });
    expect(await placeOf(client, " harbor ", undefined)).toEqual({ tenant: "team", cluster: "harbor" });
  });

  it("is the living one before one that was torn down", async () => {
    expect(await placeOf(client, "old", undefined)).toEqual({ tenant: "other", cluster: "old" });
  });

  it("is not guessed: the candidates are listed", async () => {
    await expect(placeOf(client, "demo", undefined)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/ada\/demo or team\/demo/),
    });
  });

  it("is the one in the tenant that was named, by option, environment or path, without asking", async () => {
    expect(await placeOf(client, "demo", "team")).toEqual({ tenant: "team", cluster: "demo" });
    expect(await placeOf(client, "ada/demo", "team")).toEqual({ tenant: "ada", cluster: "demo" });
    vi.stubEnv("BERTH_TENANT", " team ");
    expect(await placeOf(client, "demo", undefined)).toEqual({ tenant: "team", cluster: "demo" });
    expect(asked).toEqual([]);
  });

  it("is nothing where no tenant has it", async () => {
    await expect(placeOf(client, "none", undefined)).rejects.toMatchObject({ exitCode: 3 });
  });

  it.each(["", "/", "a/b/c", "Demo", "de mo", "demo\u0000", "-demo", "demo/", "\u202edemo"])("cannot have the name %j", async (text) => {
    await expect(placeOf(client, text, undefined)).rejects.toMatchObject({ exitCode: 2 });
    expect(asked).toEqual([]);
  });
});

describe("the tenant in which something new is made", () => {
  it("is the person's own", async () => {
    expect(await tenantOf(clientOf({ me: ada, clusters: { team: {}, ada: {} } }), undefined)).toBe("ada");
  });

  it("is the only one of a person who has none of their own", async () => {
    expect(await tenantOf(clientOf({ me: { ...ada, own: null }, clusters: { team: {} } }), undefined)).toBe("team");
  });

  it("is never somebody else's for root, be it the only one", async () => {
    expect(await tenantOf(clientOf({ me: rootOf("local"), clusters: { ada: {} } }), undefined)).toBe("local");
    await expect(tenantOf(clientOf({ me: rootOf(null), clusters: { local: {} } }), undefined)).rejects.toMatchObject({ exitCode: 2 });
  });

  it("is made for root when it is not there yet, and for nobody else", async () => {
    await ensureTenant(clientOf({ me: rootOf("local"), clusters: { ada: {} } }), "local");
    await ensureTenant(clientOf({ me: rootOf("local"), clusters: { local: {} } }), "local");
    await ensureTenant(clientOf({ me: rootOf(null), clusters: {} }), "local");
    expect(asked.filter((path) => path.endsWith("}"))).toEqual(['/tenants {"slug":"local"}']);
  });
});
