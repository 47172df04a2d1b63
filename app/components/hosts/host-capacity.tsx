/** What clusters have reserved of each libvirt host, and what it can still take. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { Amount, CapacityLeft } from "#app/services/hosts/portal-capacity.ts";
import { gibOf, trimmed } from "#app/ui/amounts.ts";
import { Fold } from "#app/ui/fold.tsx";
import { Meter } from "#app/ui/meter.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { HeldByList } from "./held-by.tsx";

/** One panel per host. The only one needs no name. */
export function HostPanels({ hosts }: { readonly hosts: readonly CapacityLeft[] }) {
  return hosts.map((host) => <CapacityPanel key={host.hostId} host={host} named={hosts.length > 1} />);
}

function CapacityPanel({ host, named }: { readonly host: CapacityLeft; readonly named: boolean }) {
  const { t } = useTranslation();
  const ofHost = [
    { key: "memory", amount: host.memoryMiB, show: gibOf },
    { key: "vcpus", amount: host.vcpus, show: trimmed },
    { key: "disk", amount: host.diskGiB, show: trimmed },
  ] as const;
  const amounts = [...(host.reachable ? ofHost : []), { key: "networks", amount: host.networks, show: trimmed } as const];
  return (
    <Panel title={named ? t("capacity.titleOf", { host: host.name }) : t("capacity.title")}>
      {host.state === "closed" && <p className="b-muted">{t("capacity.closed")}</p>}
      <div className="b-meters">
        {amounts.map(({ key, amount, show }) => (
          <Meter key={key} label={t(`capacity.${key}`, shown(amount, show))} value={amount.committed} limit={amount.total} />
        ))}
      </div>
      {!host.reachable && <p className="b-muted">{t("capacity.unreachable")}</p>}
      {host.reachable && (
        <Fold title={t("capacity.why")}>
          <HeldByList heldBy={host.heldBy} />
          <p>{t("capacity.whyLine", { host: host.hostName, reserve: gibOf(host.memoryReserveMiB) })}</p>
        </Fold>
      )}
    </Panel>
  );
}

const shown = (amount: Amount, show: (n: number) => string) => ({
  used: show(amount.committed),
  left: show(Math.max(0, amount.left)),
  total: show(amount.total),
});
