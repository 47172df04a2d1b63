/** Whatever text passes the door is stored and read back as it was, and found again by it, whatever the store is built on. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tokenSchema } from "#app/forms/account-forms.ts";
import { lineFault } from "#app/domain/text/peoples-words.ts";
import { isLabel } from "#app/domain/cluster/names.ts";
import { isSshKeyFault, readSshKey } from "#app/domain/ssh-key.ts";
import { addPerson, noon, type OpenStores, type StoreSet, specOf } from "#tests/contract/fixtures.ts";

const key = `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, 1)]).toString("base64")}`;

const letters = fc.oneof(fc.string({ unit: "binary", maxLength: 30 }), fc.string({ unit: "grapheme", maxLength: 30 }));

export function textContract(open: OpenStores): void {
  describe("text of people", () => {
    let stores: StoreSet;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    test("a label that the door takes is read back equal", async () => {
      const { personId } = await addPerson(stores, "mina");
      const labels = fc.sample(letters, { numRuns: 150, seed: 14 }).flatMap((label) => {
        const read = tokenSchema.safeParse({ label });
        return read.success ? [read.data.label] : [];
      });
      expect(labels.length).toBeGreaterThan(20);
      for (const label of labels) {
        const id = randomUUID();
        await stores.people.addToken({ id, hash: id, personId, label, createdAt: noon, expiresAt: null });
        expect((await stores.people.tokens(personId, noon)).map((t) => [t.id, t.label])).toEqual([[id, label]]);
        await stores.people.revokeToken(personId, id);
      }
    });

    test("a name that the door takes finds its person, tenant and cluster again", async () => {
      const unit = fc.constantFrom(..."abcxyz0189-");
      const names = fc
        .sample(fc.string({ unit, minLength: 1, maxLength: 32 }), { numRuns: 60, seed: 14 })
        .filter((name) => isLabel(name) && /^[a-z]/.test(name));
      for (const name of new Set(names)) {
        const { tenantId } = await addPerson(stores, name);
        const id = randomUUID();
        await stores.clusters.create({ id, tenantId, name, hostId: localHost, createdAt: noon, indexLimit: 250 }, (index) =>
          specOf({ clusterId: id, tenantId, name, index, workers: 0 }),
        );
        expect((await stores.people.credentials(name))?.person.name).toBe(name);
        expect((await stores.people.tenantBySlug(name))?.id).toBe(tenantId);
        expect((await stores.clusters.byName(tenantId, name))?.id).toBe(id);
      }
    });

    test("a comment of a key that the door takes is read back equal from the spec", async () => {
      const { tenantId } = await addPerson(stores, "mina");
      const lines = fc.sample(letters, { numRuns: 150, seed: 15 }).flatMap((comment) => {
        const read = readSshKey(`${key} ${comment}`);
        return isSshKeyFault(read) ? [] : [read.line];
      });
      expect(lines.length).toBeGreaterThan(20);
      const id = randomUUID();
      await stores.clusters.create({ id, tenantId, name: "demo", hostId: localHost, createdAt: noon, indexLimit: 250 }, (index) => ({
        ...specOf({ clusterId: id, tenantId, name: "demo", index, workers: 0 }),
        authorizedKeys: lines,
      }));
      const kept = (await stores.clusters.spec(id, 1))?.authorizedKeys ?? [];
      expect(kept).toEqual(lines);
      for (const line of kept) expect(lineFault(line, 20_000)).toBeNull();
    });
  });
}
