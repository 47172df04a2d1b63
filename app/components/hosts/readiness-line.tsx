/** What can be done while set-up continues. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { Readiness } from "#app/domain/setup.ts";
import { stepNames } from "#app/messages/problem-text.ts";

export function ReadinessLine({ readiness }: { readonly readiness: Readiness }) {
  const { t } = useTranslation();
  const steps = stepNames(readiness.waitingFor, t);
  return (
    <ul className="b-list">
      {readiness.failed.length > 0 && <li>{t("setup.fixLine", { steps: stepNames(readiness.failed, t) })}</li>}
      <li>{readiness.preview ? t("setup.previewReady") : t("setup.previewWait", { steps })}</li>
      <li>{readiness.create ? t("setup.createReady") : t("setup.createWait", { steps })}</li>
    </ul>
  );
}
