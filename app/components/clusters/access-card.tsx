/** How to use a cluster: its kubeconfig, the command to try it with, and the addresses of its API. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ClusterSummary } from "#app/services/portal.ts";
import type { ClusterAccess } from "#app/services/hosts/portal-nodes.ts";
import { Facts } from "#app/ui/facts.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { CopyAction, Copyable } from "#app/components/shell/copying.tsx";
import { LinkButton } from "#app/components/shell/link-button.tsx";
import { kubeconfigPath } from "#app/components/shell/paths.ts";

export interface AccessCardProps {
  readonly cluster: ClusterSummary;
  readonly access: ClusterAccess;
  readonly mayKubeconfig: boolean;
  /** Using it is the next sensible thing. */
  readonly primary: boolean;
}

export function AccessCard({ cluster, access, mayKubeconfig, primary }: AccessCardProps) {
  const { t } = useTranslation();
  const facts = [
    {
      term: t("cluster.apiServer"),
      value: access.apiServer === null ? t("cluster.notPublished") : <Copyable text={access.apiServer} what={t("cluster.apiWhat")} />,
    },
    { term: t("cluster.direct"), value: <Copyable text={access.directApiServer} what={t("cluster.apiWhat")} /> },
    { term: t("cluster.context"), value: <Copyable text={access.contextName} what={t("cluster.contextWhat")} /> },
  ];
  // Before there is a control plane nothing answers at these addresses.
  const answers = access.kubeconfigReady || cluster.liveRevision > 0;
  return (
    <Panel title={t("cluster.access")}>
      {access.kubeconfigReady ? (
        mayKubeconfig && <Kubeconfig cluster={cluster} access={access} primary={primary} />
      ) : (
        <p className="b-muted">{t("cluster.notReady")}</p>
      )}
      {answers && <Facts facts={facts} compact />}
    </Panel>
  );
}

function Kubeconfig({ cluster, access, primary }: Omit<AccessCardProps, "mayKubeconfig">) {
  const { t } = useTranslation();
  const path = kubeconfigPath(cluster);
  const command = `kubectl --kubeconfig ${access.contextName}.kubeconfig get nodes`;
  return (
    <div className="b-stack-tight">
      <div className="b-actions">
        {access.apiServer !== null && (
          <>
            <LinkButton to={path} weight={primary ? "primary" : "secondary"} reload>
              {t("cluster.download")}
            </LinkButton>
            <CopyAction text={() => textAt(path)} what={t("cluster.kubeconfigWhat")} label={t("cluster.copyKubeconfig")} />
          </>
        )}
        <LinkButton to={`${path}?use=direct`} weight="link" reload>
          {t("cluster.directDownload")}
        </LinkButton>
      </div>
      <p className="b-muted b-small">{t("cluster.secretLine")}</p>
      <p>
        {t("cluster.use")}: <Copyable text={command} what={t("cluster.useWhat")} />
      </p>
    </div>
  );
}

async function textAt(path: string): Promise<string> {
  const answer = await fetch(path, { cache: "no-store" });
  // What cannot be handed out leads to the cluster's page, which says why.
  if (!answer.ok || answer.redirected) throw new Error(`reading ${path}: status ${answer.status}`);
  return answer.text();
}
