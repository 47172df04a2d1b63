/** Why an operation does not move, or how far its cancel has gone: said at the top of its page, quiet while all is well. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { Message as Said } from "#app/domain/message/message.ts";
import type { CancelRung } from "#app/domain/operation/event.ts";
import { isOver } from "#app/domain/operation/operation.ts";
import type { Progress } from "#app/domain/operation/progress.ts";
import { messageText, messagesText } from "#app/messages/message-text.ts";
import type { OperationPageView, QueuePosition } from "#app/services/portal.ts";
import { CheckCircleIcon, InProgressIcon, OutlinedCircleIcon } from "#app/ui/icons.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { Elapsed } from "#app/ui/time/relative-time.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";

type Waiting = NonNullable<Progress["waiting"]>;
type Recovery = Progress["recoveries"][number];

export function OperationAlerts({ operation, progress }: { readonly operation: OperationPageView; readonly progress: Progress }) {
  const { state, waiting } = progress;
  return (
    <>
      {state === "queued" && operation.queue !== null && <Queued place={operation.queue} />}
      {waiting !== null && <StandsStill waiting={waiting} />}
      <GoesOnBecause progress={progress} />
      <CancelLadder progress={progress} />
    </>
  );
}

function Queued({ place }: { readonly place: QueuePosition }) {
  const { t } = useTranslation();
  return (
    <Message tone="note" title={t("operation.queuePlace", { position: place.position })} live>
      {t(`queueReason.${place.reason}`)}
    </Message>
  );
}

function StandsStill({ waiting }: { readonly waiting: Waiting }) {
  const { t } = useTranslation();
  return (
    <Message tone="warning" title={t(`waitingReason.${waiting.reason}`)} live>
      <p>
        {t("operation.waitingSince")} <Elapsed from={waiting.at} to={null} />
      </p>
      {waiting.detail !== "" && <p className="b-muted">{waiting.detail}</p>}
    </Message>
  );
}

/** A run that was resumed says by what, e.g. by Berth itself after a restart. */
function GoesOnBecause({ progress }: { readonly progress: Progress }) {
  const { t } = useTranslation();
  if (progress.reasons.length === 0 || (progress.state !== "queued" && progress.state !== "running")) return null;
  return (
    <Message tone="note" title={t("operation.resumed")}>
      {messagesText(progress.reasons, t)}
    </Message>
  );
}

const rungs: readonly CancelRung[] = ["asked", "insisted", "killed", "put-in-order"];

/** The rungs of a cancel, with the one it has reached; once it is over, what it leaves in place. */
function CancelLadder({ progress }: { readonly progress: Progress }) {
  const { t } = useTranslation();
  const { cancelling: cancel, cancelRequestedBy } = progress;
  const ended = isOver(progress.state);
  if (cancel === null && (cancelRequestedBy === null || ended)) return null;
  if (ended && cancel !== null) return <Stays stays={cancel.stays} />;
  const reached = rungs.indexOf(cancel?.rung ?? "asked");
  return (
    <Panel title={t("operation.cancelling")} tone="warning">
      {cancelRequestedBy !== null && <p className="b-muted">{t("operation.cancelBy", { name: cancelRequestedBy })}</p>}
      <ol className="b-steps" aria-live="polite">
        {rungs.map((rung, index) => (
          <Rung key={rung} rung={rung} place={index < reached ? "past" : index === reached ? "here" : "ahead"} />
        ))}
      </ol>
      {cancel !== null && cancel.stays.length > 0 && <StaysList stays={cancel.stays} />}
    </Panel>
  );
}

const looks = {
  past: { icon: CheckCircleIcon, tone: "quiet" },
  here: { icon: InProgressIcon, tone: "active" },
  ahead: { icon: OutlinedCircleIcon, tone: "quiet" },
} as const;

function Rung({ rung, place }: { readonly rung: CancelRung; readonly place: keyof typeof looks }) {
  const { t } = useTranslation();
  const { icon: Icon, tone } = looks[place];
  return (
    <li className="b-step" {...(place === "here" ? { "aria-current": "step" } : {})}>
      <span className={`b-step-icon b-tone-${tone}`}>
        <Icon />
      </span>
      <span className={place === "ahead" ? "b-muted" : ""}>{t(`cancelRung.${rung}`)}</span>
      <span className="b-step-word">{t(`operation.rung.${place}`)}</span>
    </li>
  );
}

function Stays({ stays }: { readonly stays: readonly Said[] }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("operation.stays")}>
      {stays.length === 0 ? <p>{t("operation.staysNothing")}</p> : <StaysList stays={stays} bare />}
    </Panel>
  );
}

function StaysList({ stays, bare = false }: { readonly stays: readonly Said[]; readonly bare?: boolean }) {
  const { t } = useTranslation();
  return (
    <div className="b-group">
      {!bare && <h3>{t("operation.stays")}</h3>}
      <ul className="b-list">
        {stays.map((thing) => (
          <li key={JSON.stringify(thing)}>{messageText(thing, t)}</li>
        ))}
      </ul>
    </div>
  );
}

/** What was repaired after each interruption, and who resumed it. */
export function Recoveries({ recoveries }: { readonly recoveries: readonly Recovery[] }) {
  const { t } = useTranslation();
  if (recoveries.length === 0) return null;
  return (
    <Panel title={t("operation.recovered")}>
      {recoveries.map((recovery) => (
        <div key={recovery.at} className="b-group">
          <p className="b-muted">
            <Moment at={recovery.at} /> · {recovery.automatic ? t("operation.recoveredBySelf") : t("operation.recoveredAsked")}
          </p>
          {recovery.did.length === 0 ? <p>{t("operation.recoveredNothing")}</p> : <DidList did={recovery.did} />}
        </div>
      ))}
    </Panel>
  );
}

function DidList({ did }: { readonly did: readonly Said[] }) {
  const { t } = useTranslation();
  return (
    <ul className="b-list b-list-dots">
      {did.map((one) => (
        <li key={JSON.stringify(one)}>{messageText(one, t)}</li>
      ))}
    </ul>
  );
}
