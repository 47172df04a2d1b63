/** The machines of a cluster as libvirt sees them now, and how to enter each. */
import { useTranslation } from "react-i18next";
import type { NodeView } from "#app/services/portal.ts";
import { gibOf } from "#app/ui/amounts.ts";
import { Badge, type Tone } from "#app/ui/badge.tsx";
import { CheckCircleIcon, ExclamationTriangleIcon, InProgressIcon, MinusCircleIcon, PauseCircleIcon } from "#app/ui/icons.tsx";
import { Records } from "#app/ui/records.tsx";
import { Copyable } from "./copying.tsx";

const looks: Readonly<Record<NodeView["machine"], { readonly tone: Tone; readonly icon: typeof CheckCircleIcon }>> = {
  running: { tone: "good", icon: CheckCircleIcon },
  stopped: { tone: "bad", icon: MinusCircleIcon },
  paused: { tone: "warning", icon: PauseCircleIcon },
  other: { tone: "active", icon: InProgressIcon },
  absent: { tone: "quiet", icon: MinusCircleIcon },
  unknown: { tone: "warning", icon: ExclamationTriangleIcon },
};

export function NodesTable({ nodes }: { readonly nodes: readonly NodeView[] }) {
  const { t } = useTranslation();
  const columns = [
    { name: t("cluster.node"), cell: (n: NodeView) => n.name },
    { name: t("cluster.role"), cell: (n: NodeView) => t(`role.${n.role}`) },
    { name: t("cluster.machine"), cell: (n: NodeView) => <MachineBadge machine={n.machine} /> },
    { name: t("cluster.size"), cell: (n: NodeView) => t("cluster.sizeValue", { vcpus: n.vcpus, memory: gibOf(n.memoryMiB), disk: n.diskGiB }), digits: true },
    { name: t("cluster.address"), cell: (n: NodeView) => <Copyable text={n.address} what={t("cluster.addressWhat", { node: n.name })} /> },
    { name: t("cluster.ssh"), cell: (n: NodeView) => (n.sshCommand === null ? t("cluster.notPublished") : <Copyable text={n.sshCommand} what={t("cluster.sshWhat", { node: n.name })} />) },
  ];
  return <Records caption={t("cluster.nodes")} columns={columns} rows={nodes} keyOf={(n) => n.name} />;
}

function MachineBadge({ machine }: { readonly machine: NodeView["machine"] }) {
  const { t } = useTranslation();
  return <Badge {...looks[machine]}>{t(`machineState.${machine}`)}</Badge>;
}
