/** Nothing secret lies in clear in the database's files, in any encoding that a person would try first. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSqlStores, tempFolder } from "./open-stores.ts";
import { someSecrets } from "./suites/secret-store.contract.ts";

test("the database's files hold no secret in clear", async () => {
  const folder = await tempFolder();
  const stores = await openSqlStores({ kind: "sqlite", path: join(folder, "database", "berth.sqlite") }, folder);
  const mark = "k3ep-th1s-quiet-0123456789";
  await stores.secrets.putClusterSecrets("tenant-in-clear", "c1", someSecrets(mark));
  const passphrase = await stores.secrets.passphrase("tenant-in-clear");
  const key = (await readFile(join(folder, "keys", "master.key"), "utf8")).trim();
  const onDisk = async () => {
    const names = await readdir(join(folder, "database"));
    return Buffer.concat(await Promise.all(names.map((n) => readFile(join(folder, "database", n)))));
  };
  const grep = (bytes: Buffer) =>
    [mark, passphrase, key]
      .flatMap((s) => [Buffer.from(s), Buffer.from(s).toString("base64").slice(0, 12), Buffer.from(s).toString("hex")])
      .filter((s) => bytes.includes(s));

  const withLog = await onDisk();
  expect(withLog.includes("tenant-in-clear")).toBe(true);
  expect(grep(withLog)).toEqual([]);
  await stores.close();
  expect(grep(await onDisk())).toEqual([]);
  await rm(folder, { recursive: true });
});
