/** The one moment a generated private key is seen. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { GeneratedKey } from "#app/services/portal.ts";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { CopyAction } from "#app/components/shell/copying.tsx";
import { LinkButton } from "#app/components/shell/link-button.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { operationPath } from "#app/components/shell/paths.ts";

/** The key stands in the page already, so the file is made of it without asking the portal again. */
const fileOf = (key: string): string => `data:application/octet-stream,${encodeURIComponent(key)}`;

export interface GeneratedKeyPageProps {
  readonly cluster: string;
  readonly generatedKey: GeneratedKey;
  readonly operationId: string;
}

export function GeneratedKeyPage({ cluster, generatedKey, operationId }: GeneratedKeyPageProps) {
  const { t } = useTranslation();
  return (
    <>
      <Heading title={t("key.title")} line={t("key.line", { cluster })} />
      <Panel>
        <Message tone="warning" title={t("key.save")} />
        <pre className="b-console b-console-short" tabIndex={0} role="region" aria-label={t("key.what")}>
          {generatedKey.privateKey}
        </pre>
        <div className="b-actions">
          <a className="pf-v6-c-button pf-m-secondary" href={fileOf(generatedKey.privateKey)} download={`${cluster}_ed25519`}>
            <span className="pf-v6-c-button__text">{t("key.download")}</span>
          </a>
          <CopyAction text={generatedKey.privateKey} what={t("key.what")} label={t("key.copy")} />
          <LinkButton to={operationPath(operationId)} weight="primary">
            {t("key.go")}
          </LinkButton>
        </div>
      </Panel>
    </>
  );
}
