/**
 * The versions that go into guest images, read from `versions.lock.json`. `debian.snapshot` is a plain counter: raise
 * it to build again with the Debian packages of the day (a cached image is otherwise kept for ever).
 */
import { readFileSync } from "node:fs";
import { z } from "zod";

const Version = z.string().regex(/^\d+(\.\d+)*(-\d+)?$/);

const Lock = z.strictObject({
  kubernetes: Version,
  kubernetesCommit: z.string().regex(/^[0-9a-f]{40}$/),
  kubernetesBuilt: z.iso.datetime(),
  etcd: Version,
  etcdImageTag: Version,
  coredns: Version,
  flannel: Version,
  flannelCni: Version,
  pause: Version,
  guest: Version,
  go: Version,
  debian: z.strictObject({ suite: z.string(), architecture: z.literal("amd64"), snapshot: z.int().positive() }),
});

export type Versions = z.infer<typeof Lock>;

export const versions: Versions = Lock.parse(JSON.parse(readFileSync(new URL("versions.lock.json", import.meta.url), "utf8")));
