/** Node pools of `berth cluster get`. */
import { taintText } from "#app/domain/cluster/spec-changes.ts";
import { labelLines } from "#app/domain/node-pool/node-settings.ts";
import type { ClusterViewAnswer } from "./answers.ts";
import { type Column, table } from "./output.ts";

type Pool = ClusterViewAnswer["spec"]["kubernetes"][number]["pools"][number];

const listed = (values: readonly string[]): string => (values.length === 0 ? "-" : values.join(","));

const poolColumns: readonly Column<Pool>[] = [
  { title: "POOL", value: (p) => p.name },
  { title: "COUNT", value: (p) => String(p.nodes.length) },
  { title: "SIZE", value: (p) => `${p.vcpus} vCPU ${p.memoryMiB} MiB` },
  { title: "DISK", value: (p) => `${p.diskGiB} GiB` },
  {
    title: "LABELS",
    value: (p) =>
      listed(
        labelLines(p.labels)
          .split("\n")
          .filter((line) => line !== ""),
      ),
  },
  { title: "TAINTS", value: (p) => listed(p.taints.map(taintText)) },
  { title: "NODES", value: (p) => listed(p.nodes) },
];

/** Those of the spec whose nodes are listed: what lives, and of a draft what is planned. */
export function poolLines({ spec, liveSpec }: Pick<ClusterViewAnswer, "spec" | "liveSpec">): readonly string[] {
  const pools = (liveSpec ?? spec).kubernetes.flatMap((kubernetes) => kubernetes.pools);
  return pools.length === 0 ? [] : table(pools, poolColumns).split("\n");
}
