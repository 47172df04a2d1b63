/** Answers “what will I get?” while the form is being filled in. Its lines keep their places; a bad one says the way out. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { Estimate } from "#app/domain/operation/estimate.ts";
import type { Refusal } from "#app/domain/plan/plan.ts";
import { stepNames } from "#app/messages/problem-text.ts";
import type { NewClusterView } from "#app/services/portal.ts";
import type { CapacityLeft } from "#app/services/hosts/portal-capacity.ts";
import { gibOf, spokenDuration } from "#app/ui/amounts.ts";
import { CheckCircleIcon, ExclamationCircleIcon } from "#app/ui/icons.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { useLanguage } from "#app/components/text/language.ts";
import { HeldByList } from "#app/components/hosts/held-by.tsx";
import { Refusals } from "#app/components/problems/problems.tsx";
import type { Offer } from "./offer.ts";

export interface SidePanelProps {
  readonly offer: Offer | null;
  readonly view: NewClusterView;
  /** The network that a cluster keeps; null where the next free one is taken. */
  readonly keptNetwork: string | null;
}

export function SidePanel({ offer, view, keptNetwork }: SidePanelProps) {
  const { t } = useTranslation();
  return (
    <Panel title={t("offer.title")}>
      <div className="b-stack-tight" aria-live="polite">
        {offer === null ? (
          <p className="b-muted">{t("offer.incomplete")}</p>
        ) : (
          <OfferLines offer={offer} view={view} keptNetwork={keptNetwork} />
        )}
      </div>
      {view.accelerator?.accelerator === "tcg" && <p className="b-muted b-small">{t("offer.emulated")}</p>}
      {!view.readiness.preview && (
        <p className="b-muted b-small">{t("offer.waiting", { steps: stepNames(view.readiness.waitingFor, t) })}</p>
      )}
    </Panel>
  );
}

function OfferLines({ offer, view, keptNetwork }: SidePanelProps & { readonly offer: Offer }) {
  const { t } = useTranslation();
  const { total, controlPlanes, workers } = offer;
  return (
    <>
      <strong>
        {workers === 0
          ? t("offer.alone", { count: controlPlanes })
          : t("offer.machines", { count: workers, controlPlanes: t("offer.controlPlanes", { count: controlPlanes }) })}
      </strong>
      <span className="b-digits">{t("offer.total", { vcpus: total.vcpus, memory: gibOf(total.memoryMiB), disk: total.diskGiB })}</span>
      <NetworkLine next={view.nextNetwork} kept={keptNetwork} />
      {offer.refusals.length === 0 ? (
        <Fits host={view.room.hostName} leftMiB={offer.memoryLeftMiB} />
      ) : (
        <FitsNot host={view.room} refusals={offer.refusals} />
      )}
      <TimeLine time={offer.time} />
      <span className="b-muted b-small">{t(`offer.${lossOf(offer)}`)}</span>
    </>
  );
}

/** What the loss of one machine does: three control planes agree without one of them. */
function lossOf({ controlPlanes, workers }: Offer): "losingAny" | "losing" | "losingOnly" {
  if (controlPlanes > 2) return "losingAny";
  return workers === 0 ? "losingOnly" : "losing";
}

function NetworkLine({ next, kept }: { readonly next: string | null; readonly kept: string | null }) {
  const { t } = useTranslation();
  const network = kept ?? next;
  if (network === null) return <span className="b-bad-text">{t("offer.addressesTaken")}</span>;
  return (
    <span>
      <code>{network}</code>
      {kept === null && ` · ${t("offer.free")}`}
    </span>
  );
}

function Fits({ host, leftMiB }: { readonly host: string; readonly leftMiB: number | null }) {
  const { t } = useTranslation();
  if (leftMiB === null) return <span className="b-muted">{t("offer.capacityUnknown")}</span>;
  return (
    <span className="b-line">
      <span className="b-tone-good">
        <CheckCircleIcon />
      </span>
      {t("offer.fits", { host, left: gibOf(leftMiB) })}
    </span>
  );
}

function FitsNot({ host, refusals }: { readonly host: CapacityLeft; readonly refusals: readonly Refusal[] }) {
  const { t } = useTranslation();
  const hostIsFull = refusals.some(({ code }) => code === "memory" || code === "vcpus" || code === "disk");
  return (
    <div className="b-bad-text b-stack-tight">
      <span className="b-line">
        <ExclamationCircleIcon /> <strong>{hostIsFull ? t("offer.fitsNot", { host: host.hostName }) : t("offer.noNetwork")}</strong>
      </span>
      <Refusals refusals={refusals} />
      {hostIsFull && <HeldByList heldBy={host.heldBy} />}
    </div>
  );
}

function TimeLine({ time }: { readonly time: Estimate | null }) {
  const { t } = useTranslation();
  const language = useLanguage();
  if (time === null) return <span className="b-muted">{t("offer.timeUnknown")}</span>;
  return (
    <span>
      {t("offer.time", { time: spokenDuration(time.median, language) })}{" "}
      <span className="b-muted b-small">
        {t("offer.timeFrom", { count: time.runs, low: spokenDuration(time.low, language), high: spokenDuration(time.high, language) })}
      </span>
    </span>
  );
}
