/**
 * Labels and taints of a node pool, kept on its nodes while they run. The node remembers what Berth set, so that it can be taken
 * away again.
 */
import type { ClusterSpec, MachineSpec, NodePoolSpec } from "#app/domain/cluster/spec.ts";
import { taintText } from "#app/domain/cluster/spec-changes.ts";
import { admin, again, strict } from "./scripts.ts";

const annotations = { labels: "berth.dev/labels", taints: "berth.dev/taints" } as const;

export const hasNodeSettings = (pool: NodePoolSpec): boolean => Object.keys(pool.labels).length > 0 || pool.taints.length > 0;

/** Runs on the control plane: the node gets the labels and taints of its pool, and loses those that Berth set before. */
export const nodeSettingsScript = (
  spec: ClusterSpec,
  machine: MachineSpec,
  { labels, taints }: Pick<NodePoolSpec, "labels" | "taints">,
): string => {
  const labelKeys = Object.keys(labels).sort();
  const taintKeys = taints.map(({ key, effect }) => `${key}:${effect}`).sort();
  const set = (what: "label" | "taint", values: readonly string[]): string =>
    values.length === 0 ? "" : `again kubectl ${what} node $node ${values.join(" ")} --overwrite\n`;
  return `${strict}${admin}${again(spec)}node=${machine.name}
before=$(again kubectl get node $node -o go-template='{{ index .metadata.annotations "${annotations.labels}" }}|{{ index .metadata.annotations "${annotations.taints}" }}' | sed 's/<no value>//g')
for key in $(cut -d'|' -f1 <<< "$before"); do
  case " ${labelKeys.join(" ")} " in *" $key "*) ;; *) again kubectl label node $node "$key-";; esac
done
for taint in $(cut -d'|' -f2 <<< "$before"); do
  case " ${taintKeys.join(" ")} " in *" $taint "*) ;; *) again kubectl taint node $node "$taint-" || true;; esac
done
${set(
  "label",
  labelKeys.map((key) => `'${key}=${labels[key] ?? ""}'`),
)}${set(
  "taint",
  taints.map((taint) => `'${taintText(taint)}'`),
)}again kubectl annotate node $node '${annotations.labels}=${labelKeys.join(" ")}' '${annotations.taints}=${taintKeys.join(" ")}' --overwrite >/dev/null
echo "node $node has the labels and taints of its pool"
`;
};
