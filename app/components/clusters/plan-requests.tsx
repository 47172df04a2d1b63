/** How a cluster's page asks for a plan of each kind: a kind without an entry does not compile. */
import { Form } from "@remix-run/react";
import type { FunctionComponent } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { type PlanKind, planKinds } from "#app/domain/operation/kinds.ts";
import type { ClusterPageView, ClusterRights } from "#app/services/portal.ts";
import { Panel } from "#app/ui/panel.tsx";
import { LinkButton, Submit } from "#app/components/shell/link-button.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";
import { destroyPath } from "#app/components/shell/paths.ts";

interface RequestProps {
  readonly view: ClusterPageView;
  readonly once: string;
  readonly kind: PlanKind;
}

interface PlanRequest {
  /** Without it the request is not shown. */
  readonly right: keyof ClusterRights;
  /** Among the buttons of the page's head, or at its end. */
  readonly place: "head" | "end";
  readonly Request: FunctionComponent<RequestProps>;
}

const planRequests: Readonly<Record<PlanKind, PlanRequest>> = {
  update: { right: "preview", place: "head", Request: PreviewUpdate },
  destroy: { right: "destroy", place: "end", Request: Danger },
};

/** What this person may ask for now. */
export function PlanRequests({ place, view, once }: Omit<RequestProps, "kind"> & Pick<PlanRequest, "place">) {
  return planKinds
    .filter((kind) => planRequests[kind].place === place && view.may[planRequests[kind].right])
    .map((kind) => {
      const { Request } = planRequests[kind];
      return <Request key={kind} kind={kind} view={view} once={once} />;
    });
}

/** Asks for the plan of its kind. */
function PlanButton({ kind, once, children }: Omit<RequestProps, "view"> & { readonly children: string }) {
  return (
    <Form method="post">
      <OnceKey value={once} />
      <input type="hidden" name="planKind" value={kind} />
      <Submit weight="secondary">{children}</Submit>
    </Form>
  );
}

function PreviewUpdate(props: RequestProps) {
  const { t } = useTranslation();
  return <PlanButton {...props}>{t("cluster.preview")}</PlanButton>;
}

function Danger({ view }: RequestProps) {
  const { t } = useTranslation();
  return (
    <Panel title={t("cluster.danger")} tone="bad">
      <div className="b-row b-between">
        <p>{t("cluster.dangerLine")}</p>
        <LinkButton to={destroyPath(view.summary)} weight="danger">
          {t("cluster.destroy", { cluster: view.summary.name })}
        </LinkButton>
      </div>
    </Panel>
  );
}
