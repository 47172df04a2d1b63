/** How long an operation takes or took, with what earlier runs of its shape took. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { OperationSummary } from "#app/services/portal.ts";
import { clockOf, spokenDuration } from "#app/ui/amounts.ts";
import { useNow } from "#app/ui/time/now.tsx";
import { useLanguage } from "#app/components/text/language.ts";

export type Timed = Pick<OperationSummary, "startedAt" | "endedAt" | "estimateSeconds" | "state" | "queue" | "turn">;

export function OperationTime({ operation }: { readonly operation: Timed }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const now = useNow(1000);
  const { startedAt, endedAt, estimateSeconds, state, queue, turn } = operation;
  if (state === "interrupted" && turn !== null) return <span>{t(`turn.${turn}.short`)}</span>;
  if (startedAt === null)
    return (
      <span>
        {state !== "queued" ? "" : queue === null ? t("operation.queuedLine") : t("operation.queuePlace", { position: queue.position })}
      </span>
    );
  if (endedAt !== null) return <span>{t("operation.took", { time: spokenDuration((endedAt - startedAt) / 1000, language) })}</span>;
  const time = clockOf((now - startedAt) / 1000);
  return (
    <span className="b-digits">
      {estimateSeconds === null
        ? t("operation.elapsed", { time })
        : t("operation.elapsedAbout", { time, estimate: clockOf(estimateSeconds) })}
    </span>
  );
}
