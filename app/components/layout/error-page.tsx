/** What stands instead of a page that cannot be shown. Absent and foreign look the same. */
import { isRouteErrorResponse } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import { problemText } from "#app/messages/problem-text.ts";
import { Empty } from "#app/ui/empty.tsx";
import { ExclamationCircleIcon, ExclamationTriangleIcon, SearchIcon } from "#app/ui/icons.tsx";
import { Copyable } from "#app/components/shell/copying.tsx";
import { LinkButton } from "#app/components/shell/link-button.tsx";
import { dashboardPath } from "#app/components/shell/paths.ts";
import { ProblemMessage } from "#app/components/problems/problems.tsx";
import { useRenewal } from "#app/components/live/use-renewal.ts";

export function ErrorPage({ error, requestId }: { readonly error: unknown; readonly requestId: string | null }) {
  if (isRouteErrorResponse(error)) {
    const answer: unknown = error.data;
    if (error.status === 404) return <MissingPage />;
    if (isRefusal(answer))
      return "retryAfterSeconds" in answer.problem && error.status === 503 ? (
        <TroublePage problem={answer.problem} seconds={answer.problem.retryAfterSeconds} />
      ) : (
        <RefusedPage problem={answer.problem} />
      );
  }
  return <BrokenPage requestId={requestId} />;
}

/** What our own loaders throw beside a status. */
const isRefusal = (answer: unknown): answer is { readonly problem: ProblemDetail } =>
  typeof answer === "object" && answer !== null && "problem" in answer && typeof answer.problem === "object";

function MissingPage() {
  const { t } = useTranslation();
  return (
    <Empty title={t("missing.title")} icon={SearchIcon} level="h1">
      <div className="b-stack">
        <p>{t("missing.line")}</p>
        <p>
          <LinkButton to={dashboardPath} weight="primary">
            {t("missing.home")}
          </LinkButton>
        </p>
      </div>
    </Empty>
  );
}

function RefusedPage({ problem }: { readonly problem: ProblemDetail }) {
  const { t } = useTranslation();
  return (
    <div className="b-narrow">
      <h1 className="pf-v6-screen-reader">{t("missing.refused")}</h1>
      <ProblemMessage problem={problem} />
      <p>
        <LinkButton to={dashboardPath}>{t("missing.home")}</LinkButton>
      </p>
    </div>
  );
}

/** The service itself is in trouble: what it is, and that the page looks again by itself. */
function TroublePage({ problem, seconds }: { readonly problem: ProblemDetail; readonly seconds: number }) {
  const { t } = useTranslation();
  useRenewal(Math.max(2, seconds) * 1000);
  return (
    <Empty title={t("trouble.title")} icon={ExclamationTriangleIcon} level="h1">
      <div className="b-stack">
        <p>{problemText(problem, t)}</p>
        <p className="b-muted">{t("trouble.again", { count: Math.max(2, seconds) })}</p>
        <p>
          <LinkButton to="" weight="primary" reload>
            {t("broken.again")}
          </LinkButton>
        </p>
      </div>
    </Empty>
  );
}

function BrokenPage({ requestId }: { readonly requestId: string | null }) {
  const { t } = useTranslation();
  return (
    <Empty title={t("broken.title")} icon={ExclamationCircleIcon} level="h1">
      <div className="b-stack">
        <p>{t("broken.line")}</p>
        {requestId !== null && <Copyable text={requestId} what={t("broken.request")} />}
        <p className="b-actions">
          <LinkButton to="" weight="primary" reload>
            {t("broken.again")}
          </LinkButton>
          <LinkButton to={dashboardPath}>{t("missing.home")}</LinkButton>
        </p>
      </div>
    </Empty>
  );
}
