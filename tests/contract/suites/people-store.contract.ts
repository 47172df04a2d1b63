/** What every people store must do, whatever it is built on. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AlreadyExists, mostTokens, TooManyTokens } from "#app/ports/people-store.ts";
import { addPerson, noon, type OpenStores, type StoreSet } from "#tests/contract/fixtures.ts";

export function peopleStoreContract(open: OpenStores): void {
  describe("people store", () => {
    let stores: StoreSet;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    const newPerson = (name: string) => ({ id: randomUUID(), name, passwordHash: `hash of ${name}`, tenantId: randomUUID(), now: noon });

    test("who is disabled twice is disabled since the first time", async () => {
      const mina = await addPerson(stores, "mina");
      expect([await stores.people.setDisabled(mina.personId, noon), await stores.people.setDisabled(mina.personId, noon + 50)]).toEqual([
        true,
        true,
      ]);
      expect((await stores.people.people({ limit: 50 })).people.map((p) => p.disabledAt)).toEqual([noon]);
      await stores.people.setDisabled(mina.personId, null);
      await stores.people.setDisabled(mina.personId, noon + 90);
      expect((await stores.people.people({ limit: 50 })).people.map((p) => p.disabledAt)).toEqual([noon + 90]);
    });

    test("what somebody may do is known by their id, and nothing is while they are disabled", async () => {
      const mina = await addPerson(stores, "mina");
      expect(await stores.people.actor(mina.personId)).toEqual({
        personId: mina.personId,
        name: "mina",
        operator: false,
        memberships: { [mina.tenantId]: "owner" },
      });
      await stores.people.setDisabled(mina.personId, noon);
      expect([await stores.people.actor(mina.personId), await stores.people.actor("nobody")]).toEqual([null, null]);
    });

    describe("people and tenants", () => {
      test("a person comes with a tenant of their own name, as its owner", async () => {
        const p = newPerson("mina");
        const person = await stores.people.createPerson({ ...p, operator: true });
        expect(person).toEqual({ id: p.id, name: "mina", operator: true, createdAt: noon });
        expect(await stores.people.credentials("mina")).toEqual({ person, passwordHash: "hash of mina" });
        expect(await stores.people.tenantBySlug("mina")).toEqual({ id: p.tenantId, slug: "mina", createdAt: noon });
        expect((await stores.people.people({ limit: 50 })).people[0]).toMatchObject({
          id: p.id,
          tenants: [{ slug: "mina", role: "owner" }],
        });
        expect(await stores.people.countPeople()).toBe(1);
      });

      test("refuses a name that a person or tenant has, and then leaves nothing behind", async () => {
        await addPerson(stores, "mina");
        await stores.people.createTenant({ id: randomUUID(), slug: "team", createdAt: noon });
        for (const name of ["mina", "team"]) {
          const p = newPerson(name);
          await expect(stores.people.createPerson({ ...p, operator: false })).rejects.toBeInstanceOf(AlreadyExists);
          expect((await stores.people.people({ limit: 50 })).people.map((o) => o.id)).not.toContain(p.id);
          expect(await stores.people.tenant(p.tenantId)).toBeNull();
        }
        expect(await stores.people.countPeople()).toBe(1);
        await expect(stores.people.createTenant({ id: randomUUID(), slug: "mina", createdAt: noon })).rejects.toBeInstanceOf(AlreadyExists);
      });

      test("10 at once under one name: one is made", async () => {
        const all = await Promise.allSettled(Array.from({ length: 10 }, () => addPerson(stores, "mina")));
        expect(all.filter((r) => r.status === "fulfilled")).toHaveLength(1);
        for (const r of all) if (r.status === "rejected") expect(r.reason).toBeInstanceOf(AlreadyExists);
        expect(await stores.people.countPeople()).toBe(1);
      });

      test("members of further tenants, with a role that can change", async () => {
        const mina = await addPerson(stores, "mina");
        const team = await stores.people.createTenant({ id: randomUUID(), slug: "a-team", createdAt: noon });
        await stores.people.addMember(team.id, mina.personId, "viewer");
        await stores.people.addMember(team.id, mina.personId, "member");
        expect((await stores.people.people({ limit: 50 })).people[0]?.tenants).toEqual([
          { slug: "a-team", role: "member" },
          { slug: "mina", role: "owner" },
        ]);
        expect((await stores.people.tenants({ tenantIds: null, limit: 50 })).tenants.map((t) => t.slug)).toEqual(["a-team", "mina"]);
        expect(await stores.people.tenant(team.id)).toEqual(team);
      });

      test("nobody is found under an unknown id or name", async () => {
        expect(await stores.people.credentials("x")).toBeNull();
        expect(await stores.people.tenant("x")).toBeNull();
        expect(await stores.people.tenantBySlug("x")).toBeNull();
      });
    });

    describe("sessions and tokens", () => {
      test("a session holds until its end or until it is ended", async () => {
        const { personId, tenantId } = await addPerson(stores, "mina");
        const mina = { personId, name: "mina", operator: false, memberships: { [tenantId]: "owner" } };
        await stores.people.addSession({ hash: "h1", personId, createdAt: noon, expiresAt: noon + 10 });
        expect(await stores.people.session("h1", noon + 9)).toEqual(mina);
        expect(await stores.people.session("h1", noon + 10)).toBeNull();
        await stores.people.endSession("h1");
        await stores.people.endSession("h1");
        expect(await stores.people.session("h1", noon)).toBeNull();
        await stores.people.addSession({ hash: "h2", personId, createdAt: noon + 20, expiresAt: noon + 30 });
        expect(await stores.people.session("h2", noon + 21)).toEqual(mina);
        expect(await stores.people.session("h3", noon + 21)).toBeNull();
      });

      test("a token holds until its end, if it has one, and is revoked by its owner only", async () => {
        const mina = await addPerson(stores, "mina");
        const jun = await addPerson(stores, "jun");
        const token = { personId: mina.personId, createdAt: noon };
        await stores.people.addToken({ ...token, id: "t1", hash: "h1", label: "laptop", expiresAt: null });
        await stores.people.addToken({ ...token, id: "t2", hash: "h2", label: "pipeline", expiresAt: noon + 10 });
        expect(await stores.people.token("h1", noon + 1e9)).toEqual({
          personId: mina.personId,
          name: "mina",
          operator: false,
          memberships: { [mina.tenantId]: "owner" },
        });
        expect(await stores.people.token("h2", noon + 9)).toMatchObject({ personId: mina.personId });
        expect(await stores.people.token("h2", noon + 10)).toBeNull();
        expect(await stores.people.tokens(mina.personId, noon)).toEqual([
          { id: "t1", label: "laptop", createdAt: noon, expiresAt: null },
          { id: "t2", label: "pipeline", createdAt: noon, expiresAt: noon + 10 },
        ]);
        expect(await stores.people.tokens(jun.personId, noon)).toEqual([]);
        expect(await stores.people.revokeToken(jun.personId, "t1")).toBe(false);
        expect(await stores.people.revokeToken(mina.personId, "t1")).toBe(true);
        expect(await stores.people.revokeToken(mina.personId, "t1")).toBe(false);
        expect(await stores.people.token("h1", noon)).toBeNull();
      });

      test("a person has so many tokens and no more, also when they are asked for at once; expired ones are not listed and make way", async () => {
        const [mina, jun] = [await addPerson(stores, "mina"), await addPerson(stores, "jun")];
        const add = (personId: string, n: number, createdAt: number, expiresAt: number | null) =>
          stores.people.addToken({ id: `${personId}-${n}`, hash: `${personId}-${n}`, personId, label: `token ${n}`, createdAt, expiresAt });
        const asked = Array.from({ length: mostTokens + 3 }, (_, n) => add(mina.personId, n, noon, n % 2 === 0 ? noon + 10 : null));
        const refused = (await Promise.allSettled(asked)).filter((o) => o.status === "rejected").map((o): unknown => o.reason);
        expect(refused.map((error) => error instanceof TooManyTokens)).toEqual([true, true, true]);
        expect(await stores.people.tokens(mina.personId, noon)).toHaveLength(mostTokens);
        await add(jun.personId, 0, noon, null);
        const left = await stores.people.tokens(mina.personId, noon + 10);
        expect(left.map(({ expiresAt }) => expiresAt)).toEqual(left.map(() => null));
        await add(mina.personId, 1_000, noon + 10, null);
        expect(await stores.people.tokens(mina.personId, noon + 10)).toHaveLength(left.length + 1);
        expect(await stores.people.token(`${jun.personId}-0`, noon + 10)).toMatchObject({ name: "jun" });
      });
    });

    describe("who may come in", () => {
      test("a session and a token give the person with every membership, as it is now", async () => {
        const { personId, tenantId } = await addPerson(stores, "mina");
        const team = await stores.people.createTenant({ id: randomUUID(), slug: "a-team", createdAt: noon });
        await stores.people.addSession({ hash: "s1", personId, createdAt: noon, expiresAt: noon + 10 });
        await stores.people.addToken({ id: "t1", hash: "k1", personId, label: "laptop", createdAt: noon, expiresAt: null });
        await stores.people.addMember(team.id, personId, "viewer");
        for (const actor of [await stores.people.session("s1", noon), await stores.people.token("k1", noon)]) {
          expect(actor?.memberships).toEqual({ [tenantId]: "owner", [team.id]: "viewer" });
        }
        const root = await stores.people.createPerson({ ...newPerson("root"), operator: true });
        await stores.people.addToken({ id: "t2", hash: "k2", personId: root.id, label: "laptop", createdAt: noon, expiresAt: null });
        expect(await stores.people.token("k2", noon)).toMatchObject({ personId: root.id, name: "root", operator: true });
      });

      test("everybody is listed by name, with tenants and the last sign-in, and without anything secret", async () => {
        const mina = await addPerson(stores, "mina");
        await addPerson(stores, "jun");
        const team = await stores.people.createTenant({ id: randomUUID(), slug: "a-team", createdAt: noon });
        await stores.people.addMember(team.id, mina.personId, "viewer");
        await stores.people.addSession({ hash: "h1", personId: mina.personId, createdAt: noon + 5, expiresAt: noon + 10 });
        const { people: all } = await stores.people.people({ limit: 50 });
        expect(all.map((p) => p.name)).toEqual(["jun", "mina"]);
        expect(all[1]).toMatchObject({
          id: mina.personId,
          disabledAt: null,
          lastSignInAt: noon + 5,
          tenants: [
            { slug: "a-team", role: "viewer" },
            { slug: "mina", role: "owner" },
          ],
        });
        expect(all[0]?.lastSignInAt).toBeNull();
        expect(JSON.stringify(all)).not.toMatch(/hash|h1/);
      });

      test("who is disabled is out at once, and in again when enabled, with tokens but not with old sessions", async () => {
        const { personId } = await addPerson(stores, "mina");
        await stores.people.addSession({ hash: "s1", personId, createdAt: noon, expiresAt: noon + 10 });
        await stores.people.addToken({ id: "t1", hash: "k1", personId, label: "laptop", createdAt: noon, expiresAt: null });
        expect(await stores.people.setDisabled(personId, noon + 1)).toBe(true);
        expect(await stores.people.session("s1", noon + 2)).toBeNull();
        expect(await stores.people.token("k1", noon + 2)).toBeNull();
        expect(await stores.people.credentials("mina")).toBeNull();
        expect((await stores.people.people({ limit: 50 })).people[0]?.disabledAt).toBe(noon + 1);
        expect(await stores.people.setDisabled(personId, null)).toBe(true);
        expect(await stores.people.session("s1", noon + 2)).toBeNull();
        expect(await stores.people.token("k1", noon + 2)).toMatchObject({ personId });
        expect(await stores.people.credentials("mina")).not.toBeNull();
        expect(await stores.people.setDisabled("nobody", noon)).toBe(false);
      });
    });

    describe("invitations", () => {
      const invite = (hash: string, operator = false) =>
        stores.people.addInvite({ hash, operator, createdBy: null, createdAt: noon, expiresAt: noon + 10 });

      test("one makes one person, as what it says", async () => {
        await invite("h1", true);
        expect(await stores.people.invite("h1", noon)).toEqual({ operator: true });
        const person = await stores.people.redeemInvite("h1", newPerson("mina"));
        expect(person).toMatchObject({ name: "mina", operator: true });
        expect((await stores.people.people({ limit: 50 })).people[0]).toMatchObject({
          id: person?.id,
          tenants: [{ slug: "mina", role: "owner" }],
        });
        expect(await stores.people.invite("h1", noon)).toBeNull();
        expect(await stores.people.redeemInvite("h1", newPerson("jun"))).toBeNull();
        expect(await stores.people.countPeople()).toBe(1);
      });

      test("many at once with one invitation: one person", async () => {
        await invite("h1");
        const all = await Promise.all(Array.from({ length: 10 }, (_, i) => stores.people.redeemInvite("h1", newPerson(`p${i}`))));
        expect(all.filter((p) => p !== null)).toHaveLength(1);
        expect(await stores.people.countPeople()).toBe(1);
      });

      test("written again it stays the first one, and used up once it is used up", async () => {
        const again = (operator: boolean, expiresAt: number) =>
          stores.people.addInvite({ hash: "h1", operator, createdBy: null, createdAt: noon, expiresAt });
        expect([await again(true, noon + 10), await again(false, noon + 99)]).toEqual([
          { operator: true, expiresAt: noon + 10 },
          { operator: true, expiresAt: noon + 10 },
        ]);
        expect(await stores.people.redeemInvite("h1", newPerson("mina"))).toMatchObject({ operator: true });
        await again(true, noon + 10);
        expect(await stores.people.invite("h1", noon)).toBeNull();
        expect(await stores.people.redeemInvite("h1", newPerson("jun"))).toBeNull();
      });

      test("expired or unknown: nobody; a taken name does not use it up", async () => {
        await addPerson(stores, "mina");
        await invite("h1");
        expect(await stores.people.invite("h1", noon + 10)).toBeNull();
        expect(await stores.people.redeemInvite("h1", { ...newPerson("jun"), now: noon + 10 })).toBeNull();
        expect(await stores.people.redeemInvite("unknown", newPerson("jun"))).toBeNull();
        await expect(stores.people.redeemInvite("h1", newPerson("mina"))).rejects.toBeInstanceOf(AlreadyExists);
        expect(await stores.people.redeemInvite("h1", newPerson("jun"))).toMatchObject({ name: "jun", operator: false });
      });
    });
  });
}
