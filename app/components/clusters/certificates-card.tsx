/** When a cluster's certificates end, and the way to new ones. */
import { Form } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { CertificateEnd } from "#app/domain/cluster/certificates.ts";
import type { ClusterView } from "#app/services/portal.ts";
import { Facts } from "#app/ui/facts.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { Submit } from "#app/components/shell/link-button.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";

export interface CertificatesCardProps {
  readonly certificates: NonNullable<ClusterView["certificates"]>;
  readonly mayRenew: boolean;
  readonly once: string;
}

export function CertificatesCard({ certificates, mayRenew, once }: CertificatesCardProps) {
  const { t } = useTranslation();
  const facts = certificates.ends.map((end) => ({ term: t(`certificates.kind.${end.kind}`), value: <End end={end} /> }));
  const controlPlane = certificates.ends.find((end) => end.kind === "control-plane");
  return (
    <Panel title={t("certificates.title")}>
      {certificates.due && controlPlane !== undefined && (
        <Message tone="warning" title={controlPlane.standing === "ended" ? t("certificates.ended") : t("certificates.soon")} />
      )}
      <Facts facts={facts} compact />
      <p className="b-muted b-small">{t("certificates.kubelets")}</p>
      {mayRenew && (
        <Form method="post" className="b-stack-tight">
          <OnceKey value={once} />
          <input type="hidden" name="intent" value="renew-certificates" />
          <p className="b-muted b-small">{t("certificates.renewLine")}</p>
          <div className="b-actions">
            <Submit weight="secondary">{t("certificates.renew")}</Submit>
          </div>
        </Form>
      )}
    </Panel>
  );
}

function End({ end }: { readonly end: CertificateEnd }) {
  const { t } = useTranslation();
  return (
    <>
      <Moment at={end.endsAt} />
      {end.source === "estimated" && ` · ${t("certificates.estimated")}`}
    </>
  );
}
