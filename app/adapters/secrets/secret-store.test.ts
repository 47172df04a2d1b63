import { randomBytes } from "node:crypto";
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMemorySealedRows } from "#app/adapters/memory/sealed-rows.ts";
import { exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import type { ClusterSecrets } from "#app/domain/cluster/spec.ts";
import type { SealedRows } from "#app/ports/sealed-rows.ts";
import { SecretUnreadable, seal, unseal } from "./envelope.ts";
import { makeMasterKey, readMasterKey } from "./master-key.ts";
import { openSecretStore } from "./secret-store.ts";

describe("secrets at rest", () => {
  let folder: string;
  let keyFile: string;
  let rows: SealedRows;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-keys-"));
    keyFile = join(folder, "keys", "master.key");
    rows = createMemorySealedRows();
  });
  afterEach(() => rm(folder, { recursive: true }));

  const secretsOf = (key: string): ClusterSecrets => ({ ...exampleSecrets(exampleSpec()), portalPrivateKey: key });
  const open = () => openSecretStore(rows, keyFile);
  const sealedOf = async (tenantId: string, clusterId: string) =>
    (await rows.get(tenantId, clusterId, "cluster-secrets")) ?? expect.fail("no row");

  describe("a row in the wrong place or changed does not open", () => {
    beforeEach(async () => {
      const secrets = await open();
      for (const t of ["t1", "t2"])
        for (const c of ["a", "b"]) await secrets.putClusterSecrets(t, `${t}-${c}`, secretsOf(`key of ${t}-${c}`));
    });

    test("moved to another tenant", async () => {
      await rows.put("t2", "t2-a", "cluster-secrets", await sealedOf("t1", "t1-a"));
      await expect((await open()).clusterSecrets("t2", "t2-a")).rejects.toThrow(
        /cluster-secrets of cluster t2-a: it was sealed with another key/,
      );
    });

    test("moved to another tenant together with that tenant's key", async () => {
      const stolen = createMemorySealedRows();
      await stolen.keepWrappedKey("t2", (await rows.wrappedKey("t1")) ?? "");
      await stolen.put("t2", "t2-a", "cluster-secrets", await sealedOf("t1", "t1-a"));
      await expect((await openSecretStore(stolen, keyFile)).clusterSecrets("t2", "t2-a")).rejects.toThrow(
        /data key of tenant t2: the stored value was altered/,
      );
    });

    test("moved to another cluster of the same tenant, or to another kind", async () => {
      await rows.put("t1", "t1-b", "cluster-secrets", await sealedOf("t1", "t1-a"));
      await expect((await open()).clusterSecrets("t1", "t1-b")).rejects.toThrow(/belongs to something else/);
      await rows.put("t1", "", "passphrase", await sealedOf("t1", "t1-a"));
      await expect((await open()).passphrase("t1")).rejects.toThrow(/belongs to something else/);
    });

    test("any one character changed, or cut short", async () => {
      const whole = await sealedOf("t1", "t1-a");
      const secrets = await open();
      const broken = fc.oneof(
        fc.nat({ max: whole.length - 1 }).map((at) => whole.slice(0, at)),
        fc.nat({ max: whole.length - 2 }).map((at) => whole.slice(0, at) + (whole[at] === "x" ? "y" : "x") + whole.slice(at + 1)),
      );
      await fc.assert(
        fc.asyncProperty(broken, async (text) => {
          await rows.put("t1", "t1-a", "cluster-secrets", text);
          const error: unknown = await secrets.clusterSecrets("t1", "t1-a").then(
            () => null,
            (e: unknown) => e,
          );
          expect(error).toBeInstanceOf(SecretUnreadable);
          expect(String(error)).not.toContain("key of t1-a");
        }),
      );
    });
  });

  test("what was sealed opens with the same key and place only", () => {
    const words = fc.array(fc.string(), { maxLength: 3 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), words, words, (clear, here, there) => {
        const key = randomBytes(32);
        const sealed = seal(key, here, Buffer.from(clear));
        expect(unseal(key, here, sealed, "it")).toEqual(Buffer.from(clear));
        if (JSON.stringify(here) !== JSON.stringify(there)) expect(() => unseal(key, there, sealed, "it")).toThrow(SecretUnreadable);
        expect(() => unseal(randomBytes(32), here, sealed, "it")).toThrow(/another key/);
      }),
    );
  });

  describe("the master key", () => {
    test("is made at the first start, for its owner only, and used again", async () => {
      await (await open()).putClusterSecrets("t1", "c1", secretsOf("secret"));
      expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
      expect((await stat(join(folder, "keys"))).mode & 0o777).toBe(0o700);
      expect(await (await open()).clusterSecrets("t1", "c1")).toEqual(secretsOf("secret"));
      expect(await readdir(join(folder, "keys"))).toEqual(["master.key"]);
    });

    test("of many makers at once one wins, and all use its key", async () => {
      const keys = await Promise.all(Array.from({ length: 20 }, () => makeMasterKey(keyFile)));
      expect(new Set(keys.map((k) => k.toString("hex"))).size).toBe(1);
      expect(await readMasterKey(keyFile)).toEqual(keys[0]);
    });

    test("another one, or none, is refused at the start once there are secrets", async () => {
      await (await open()).passphrase("t1");
      await copyFile(keyFile, `${keyFile}.copy`);
      await writeFile(keyFile, randomBytes(32).toString("base64"));
      await expect(open()).rejects.toThrow(/is not the one this database's secrets are sealed with/);
      await unlink(keyFile);
      await expect(open()).rejects.toThrow(/is missing, but the database holds secrets/);
      await expect(readFile(keyFile)).rejects.toThrow("ENOENT");
      await copyFile(`${keyFile}.copy`, keyFile);
      await open();
    });

    test("is refused when others may read it or when it is not a key", async () => {
      await open();
      await chmod(keyFile, 0o644);
      await expect(open()).rejects.toThrow(/others may read or change it; run chmod 600/);
      await chmod(keyFile, 0o600);
      await writeFile(keyFile, "short");
      await expect(open()).rejects.toThrow(/must hold 32 bytes in base64/);
    });
  });
});
