/** What stands instead of a page that cannot be shown. Absent and foreign look the same. */
import { isRouteErrorResponse } from "@remix-run/react";
import { useTranslation } from "react-i18next";
import type { ProblemDetail } from "#app/domain/problem.ts";
import { Empty } from "#app/ui/empty.tsx";
import { ExclamationCircleIcon, SearchIcon } from "#app/ui/icons.tsx";
import { Copyable } from "./copying.tsx";
import { LinkButton } from "./link-button.tsx";
import { dashboardPath } from "./paths.ts";
import { ProblemMessage } from "./problems.tsx";

export function ErrorPage({ error, requestId }: { readonly error: unknown; readonly requestId: string | null }) {
  if (isRouteErrorResponse(error)) {
    const answer: unknown = error.data;
    if (error.status === 404) return <MissingPage />;
    if (isRefusal(answer)) return <RefusedPage problem={answer.problem} />;
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
