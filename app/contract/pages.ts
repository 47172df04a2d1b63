/** Answers that put several subjects together: the dashboard, one tenant, one revision. */
import { z } from "zod";
import { cluster, removedCluster, spec } from "./clusters.ts";
import { readiness, hostCapacity, setupState } from "./hosts.ts";
import { operation } from "./operations.ts";
import { tenant } from "./people.ts";
import { specChange } from "./plans.ts";
import { listPage, time } from "./shapes.ts";

export const dashboard = z.object({
  tenants: z.array(tenant).describe("The first ones by slug"),
  tenantPage: listPage,
  clusters: z.array(cluster).describe("By name; gone ones are not listed"),
  clusterPage: listPage,
  running: z.array(operation).describe("Queued, running or interrupted, newest first"),
  hosts: z.array(hostCapacity).describe("Libvirt hosts with what they have left, by id"),
  readiness,
  setup: setupState.nullable().describe("Null for people who are not operators"),
});

export const tenantView = z.object({
  tenant,
  clusters: z.array(cluster),
  clusterPage: listPage,
  operations: z.array(operation).describe("Newest first, at most 10"),
  removed: z.array(removedCluster),
  removedPage: listPage,
});

export const revisionView = z.object({
  cluster,
  revision: z.number(),
  at: time,
  spec,
  changes: z.array(specChange).describe("Compared with the revision before it"),
});
