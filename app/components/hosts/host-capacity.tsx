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
  return hosts.map((room) => <CapacityPanel key={room.hostId} room={room} named={hosts.length > 1} />);
}

function CapacityPanel({ room, named }: { readonly room: CapacityLeft; readonly named: boolean }) {
  const { t } = useTranslation();
  const ofHost = [
    { key: "memory", amount: room.memoryMiB, show: gibOf },
    { key: "vcpus", amount: room.vcpus, show: trimmed },
    { key: "disk", amount: room.diskGiB, show: trimmed },
  ] as const;
  const amounts = [...(room.reachable ? ofHost : []), { key: "networks", amount: room.networks, show: trimmed } as const];
  return (
    <Panel title={named ? t("room.titleOf", { host: room.name }) : t("room.title")}>
      {room.state === "closed" && <p className="b-muted">{t("room.closed")}</p>}
      <div className="b-meters">
        {amounts.map(({ key, amount, show }) => (
          <Meter key={key} label={t(`room.${key}`, shown(amount, show))} value={amount.committed} limit={amount.total} />
        ))}
      </div>
      {!room.reachable && <p className="b-muted">{t("room.unreachable")}</p>}
      {room.reachable && (
        <Fold title={t("room.why")}>
          <HeldByList heldBy={room.heldBy} />
          <p>{t("room.whyLine", { host: room.hostName, reserve: gibOf(room.memoryReserveMiB) })}</p>
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
