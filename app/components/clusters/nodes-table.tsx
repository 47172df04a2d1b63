/** The machines of a cluster, how libvirt saw them last, and how to enter each. */
import { Await } from "@remix-run/react";
import { Suspense, useEffect, useState } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { serviceName } from "#app/components/text/service-text.ts";
import type { MachineState, NodeFacts, SeenMachines, ServiceMachineFacts } from "#app/services/hosts/portal-nodes.ts";
import { gibOf } from "#app/ui/amounts.ts";
import { Badge, type Tone } from "#app/ui/badge.tsx";
import { CheckCircleIcon, ExclamationTriangleIcon, InProgressIcon, MinusCircleIcon, PauseCircleIcon } from "#app/ui/icons.tsx";
import { useNow } from "#app/ui/time/now.tsx";
import { type Column, Records } from "#app/ui/records.tsx";
import { Copyable } from "#app/components/shell/copying.tsx";

const looks: Readonly<Record<MachineState, { readonly tone: Tone; readonly icon: typeof CheckCircleIcon }>> = {
  running: { tone: "good", icon: CheckCircleIcon },
  stopped: { tone: "bad", icon: MinusCircleIcon },
  saved: { tone: "quiet", icon: PauseCircleIcon },
  paused: { tone: "warning", icon: PauseCircleIcon },
  other: { tone: "active", icon: InProgressIcon },
  absent: { tone: "quiet", icon: MinusCircleIcon },
  unknown: { tone: "warning", icon: ExclamationTriangleIcon },
};

interface MachinesTable {
  readonly machines: Promise<SeenMachines>;
  /** An SSH key was admitted to these machines. */
  readonly entered: boolean;
}

export interface NodesTableProps extends MachinesTable {
  readonly nodes: readonly NodeFacts[];
}

export function NodesTable({ nodes, ...props }: NodesTableProps) {
  const { t } = useTranslation();
  const what = { name: t("cluster.role"), cell: (n: NodeFacts) => t(`role.${n.role}`) };
  return <Machines {...props} rows={nodes} caption={t("cluster.nodes")} first={t("cluster.node")} what={what} />;
}

export function ServiceMachinesTable({
  serviceMachines,
  ...props
}: MachinesTable & { readonly serviceMachines: readonly ServiceMachineFacts[] }) {
  const { t } = useTranslation();
  const what = { name: t("cluster.serviceKind"), cell: (m: ServiceMachineFacts) => serviceName(m.service, t) };
  return (
    <Machines {...props} rows={serviceMachines} caption={t("cluster.serviceMachines")} first={t("cluster.serviceMachine")} what={what} />
  );
}

type Facts = Pick<NodeFacts, "name" | "vcpus" | "memoryMiB" | "diskGiB" | "address" | "sshCommand">;

interface Table<T extends Facts> {
  readonly rows: readonly T[];
  readonly caption: string;
  /** Heading of the names. */
  readonly first: string;
  /** What each is for. */
  readonly what: Column<T>;
}

/** The states come later than the page; afterwards the last ones stand until newer ones are there. */
function Machines<T extends Facts>({ machines, ...table }: MachinesTable & Table<T>) {
  const [last, setLast] = useState<SeenMachines | null>(null);
  useEffect(() => {
    let current = true;
    // An answer that was broken off says nothing: what was seen last stays.
    machines.then(
      (seen) => current && setLast(seen),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [machines]);
  if (last !== null) return <Seen {...table} seen={last} />;
  return (
    <Suspense fallback={<Seen {...table} seen={null} />}>
      <Await resolve={machines} errorElement={<Seen {...table} seen={null} />}>
        {(seen) => <Seen {...table} seen={seen} />}
      </Await>
    </Suspense>
  );
}

function Seen<T extends Facts>({
  rows,
  entered,
  seen,
  caption,
  first,
  what,
}: Omit<MachinesTable, "machines"> & Table<T> & { readonly seen: SeenMachines | null }) {
  const { t } = useTranslation();
  const columns: readonly Column<T>[] = [
    { name: first, cell: (n) => n.name },
    what,
    {
      name: t("cluster.machine"),
      cell: (n) => (seen === null ? <MachinePlaceholder /> : <MachineBadge machine={seen.states[n.name] ?? "absent"} />),
    },
    {
      name: t("cluster.size"),
      cell: (n) => t("cluster.sizeValue", { vcpus: n.vcpus, memory: gibOf(n.memoryMiB), disk: n.diskGiB }),
      digits: true,
    },
    {
      name: t("cluster.address"),
      cell: (n) => <Copyable text={n.address} what={t("cluster.addressWhat", { node: n.name })} />,
      whole: true,
    },
    ...(entered
      ? [
          {
            name: t("cluster.ssh"),
            cell: (n: T) =>
              n.sshCommand === null ? (
                t("cluster.notPublished")
              ) : (
                <Copyable text={n.sshCommand} what={t("cluster.sshWhat", { node: n.name })} />
              ),
            whole: true,
          },
        ]
      : []),
  ];
  return (
    <>
      <Records caption={caption} columns={columns} rows={rows} keyOf={(n) => n.name} />
      <p className="b-muted b-small b-reserve">{seen === null ? t("cluster.machinesAsked") : <SeenAt at={seen.at} />}</p>
    </>
  );
}

/** Seconds are told apart here: whether a state is two or fifty seconds old makes a difference. */
function SeenAt({ at }: { readonly at: number }) {
  const { t } = useTranslation();
  const seconds = Math.max(0, Math.floor((useNow(1000) - at) / 1000));
  return (
    <>
      {seconds < 60
        ? t("cluster.machinesSeenSeconds", { count: seconds })
        : t("cluster.machinesSeenMinutes", { count: Math.floor(seconds / 60) })}
    </>
  );
}

/** As wide as a badge, so that nothing moves when it comes. */
function MachinePlaceholder() {
  const { t } = useTranslation();
  return (
    <span className="b-placeholder">
      <span className="pf-v6-screen-reader">{t("cluster.machinesAsked")}</span>
    </span>
  );
}

function MachineBadge({ machine }: { readonly machine: MachineState }) {
  const { t } = useTranslation();
  return <Badge {...looks[machine]}>{t(`machineState.${machine}`)}</Badge>;
}
