/** The machines that a specification decides. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import { addressOf, amountsOf, type ClusterSpec, interfaceOf, type MachineSpec } from "#app/domain/cluster/spec.ts";
import { gibOf } from "#app/ui/amounts.ts";
import { Records } from "#app/ui/records.tsx";

export function MachineTable({ spec }: { readonly spec: ClusterSpec }) {
  const { t } = useTranslation();
  const columns = [
    { name: t("cluster.node"), cell: (m: MachineSpec) => m.name },
    { name: t("cluster.role"), cell: (m: MachineSpec) => t(`role.${m.role}`) },
    {
      name: t("cluster.size"),
      cell: (m: MachineSpec) => t("cluster.sizeValue", { vcpus: m.vcpus, memory: gibOf(m.memoryMiB), disk: amountsOf(m).diskGiB }),
      digits: true,
    },
    { name: t("cluster.address"), cell: (m: MachineSpec) => <code>{addressOf(m)}</code> },
    { name: t("revision.mac"), cell: (m: MachineSpec) => <code>{interfaceOf(m).mac}</code> },
  ];
  return <Records caption={t("revision.machines")} columns={columns} rows={spec.machines} keyOf={(m) => m.name} />;
}
