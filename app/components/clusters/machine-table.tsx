/** The machines that a specification decides. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ClusterSpec, MachineSpec } from "#app/domain/cluster/spec.ts";
import { gibOf } from "#app/ui/amounts.ts";
import { Records } from "#app/ui/records.tsx";

export function MachineTable({ spec }: { readonly spec: ClusterSpec }) {
  const { t } = useTranslation();
  const columns = [
    { name: t("cluster.node"), cell: (m: MachineSpec) => m.nodeName },
    { name: t("cluster.role"), cell: (m: MachineSpec) => t(`role.${m.role}`) },
    { name: t("cluster.size"), cell: (m: MachineSpec) => t("cluster.sizeValue", { vcpus: m.vcpus, memory: gibOf(m.memoryMiB), disk: m.diskGiB }), digits: true },
    { name: t("cluster.address"), cell: (m: MachineSpec) => <code>{m.address}</code> },
    { name: t("revision.mac"), cell: (m: MachineSpec) => <code>{m.mac}</code> },
  ];
  return <Records caption={t("revision.machines")} columns={columns} rows={spec.machines} keyOf={(m) => m.nodeName} />;
}
