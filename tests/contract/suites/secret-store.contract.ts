/** What every secret store must do, whatever it is built on. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClusterSecrets } from "#app/domain/cluster/spec.ts";
import type { OpenStores, StoreSet } from "#tests/contract/fixtures.ts";

export const someSecrets = (mark: string): ClusterSecrets => ({
  portalPrivateKey: `portal key ${mark}`,
  hostKeys: { cp0: `host key ${mark}` },
  bootstrapTokens: { w1: `abcdef.${mark}` },
  pki: {
    caCert: "ca certificate",
    caKey: `ca key ${mark}`,
    etcdCaCert: "etcd certificate",
    etcdCaKey: `etcd key ${mark}`,
    frontProxyCaCert: "front proxy certificate",
    frontProxyCaKey: `front proxy key ${mark}`,
    serviceAccountKey: `service account key ${mark}`,
    serviceAccountPublicKey: "service account public key",
  },
});

export function secretStoreContract(open: OpenStores): void {
  describe("secret store", () => {
    let stores: StoreSet;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    test("gives back what was put, the newest", async () => {
      expect(await stores.secrets.clusterSecrets("t1", "c1")).toBeNull();
      await stores.secrets.putClusterSecrets("t1", "c1", someSecrets("old"));
      await stores.secrets.putClusterSecrets("t1", "c1", someSecrets("새것"));
      expect(await stores.secrets.clusterSecrets("t1", "c1")).toEqual(someSecrets("새것"));
    });

    test("keeps the first keys of a cluster, however many bring some, and tells everybody which", async () => {
      const all = await Promise.all(["a", "b", "c", "d"].map((mark) => stores.secrets.keepClusterSecrets("t1", "c1", someSecrets(mark))));
      expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
      expect(await stores.secrets.clusterSecrets("t1", "c1")).toEqual(all[0]);
      expect(await stores.secrets.keepClusterSecrets("t1", "c1", someSecrets("late"))).toEqual(all[0]);
    });

    test("a tenant does not get another's", async () => {
      await stores.secrets.putClusterSecrets("t1", "c1", someSecrets("x"));
      expect(await stores.secrets.clusterSecrets("t2", "c1")).toBeNull();
      expect(await stores.secrets.clusterSecrets("t1", "c2")).toBeNull();
    });

    test("the passphrase is made once per tenant, however many ask first", async () => {
      const all = await Promise.all(Array.from({ length: 10 }, () => stores.secrets.passphrase("t1")));
      expect(new Set(all).size).toBe(1);
      expect(await stores.secrets.passphrase("t1")).toBe(all[0]);
      expect(all[0]?.length).toBeGreaterThan(30);
      expect(await stores.secrets.passphrase("t2")).not.toBe(all[0]);
    });

    test("a sealed text shows nothing of itself, and opens for its tenant and its purpose alone", async () => {
      const text = "-----BEGIN OPENSSH PRIVATE KEY----- 한국어";
      for (const tenant of ["t1", ""]) {
        const sealed = await stores.secrets.seal(tenant, "request 1", text);
        expect(sealed).not.toContain("OPENSSH");
        expect(await stores.secrets.open(tenant, "request 1", sealed)).toBe(text);
        await expect(stores.secrets.open(tenant, "request 2", sealed)).rejects.toThrow();
        await expect(stores.secrets.open("t2", "request 1", sealed)).rejects.toThrow();
      }
    });

    test("forgets a cluster and nothing else", async () => {
      const passphrase = await stores.secrets.passphrase("t1");
      for (const c of ["c1", "c2"]) await stores.secrets.putClusterSecrets("t1", c, someSecrets(c));
      await stores.secrets.removeCluster("c1");
      await stores.secrets.removeCluster("");
      expect(await stores.secrets.clusterSecrets("t1", "c1")).toBeNull();
      expect(await stores.secrets.clusterSecrets("t1", "c2")).toEqual(someSecrets("c2"));
      expect(await stores.secrets.passphrase("t1")).toBe(passphrase);
    });
  });
}
