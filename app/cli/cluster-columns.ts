/** Columns of `berth cluster list`. */
import type { ClusterAnswer } from "./answers.ts";
import { type Column, moment } from "./output.ts";

type Sized = Pick<ClusterAnswer, "controlPlanes" | "workers" | "vcpus" | "memoryMiB">;

export type ListedCluster = Sized & Pick<ClusterAnswer, "tenant" | "name" | "state" | "power" | "kubernetesVersion" | "live" | "createdAt">;

export const clusterColumns: readonly Column<ListedCluster>[] = [
  { title: "TENANT", value: (c) => c.tenant },
  { title: "NAME", value: (c) => c.name },
  { title: "STATE", value: (c) => (c.power === "saved" ? `${c.state}, saved` : c.state) },
  { title: "VERSION", value: (c) => c.kubernetesVersion },
  { title: "NODES", value: (c) => change(c, ({ controlPlanes, workers }) => `${controlPlanes}+${workers}`) },
  { title: "VCPU", value: (c) => change(c, ({ vcpus }) => String(vcpus)) },
  { title: "MEMORY", value: (c) => change(c, ({ memoryMiB }) => `${memoryMiB} MiB`) },
  { title: "CREATED (UTC)", value: (c) => moment(c.createdAt) },
];

/** What lives, and where the newest revision differs, what is planned. */
function change(cluster: ListedCluster, text: (of: Sized) => string): string {
  const planned = text(cluster);
  if (cluster.live === undefined) return planned;
  const now = cluster.live === null ? "-" : text(cluster.live);
  return now === planned ? now : `${now} → ${planned}`;
}
