/** Images that are ready, with what is inside. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import { messageText } from "#app/messages/message-text.ts";
import type { ImageView } from "#app/services/hosts/image-view.ts";
import { bytesOf } from "#app/ui/amounts.ts";
import { Empty } from "#app/ui/empty.tsx";
import { Facts } from "#app/ui/facts.tsx";
import { Fold } from "#app/ui/fold.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { CubesIcon } from "#app/ui/icons.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { Copyable } from "#app/components/shell/copying.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";

export function ImageList({ images }: { readonly images: readonly ImageView[] }) {
  const { t } = useTranslation();
  return (
    <>
      <Heading title={t("images.title")} line={t("images.line")} />
      {images.length === 0 && (
        <Panel>
          <Empty title={t("images.emptyTitle")} icon={CubesIcon}>
            {t("images.emptyLine")}
          </Empty>
        </Panel>
      )}
      {images.map((image) => (
        <ImagePanel key={image.contentHash} image={image} />
      ))}
      <AsJson />
    </>
  );
}

function ImagePanel({ image }: { readonly image: ImageView }) {
  const { t } = useTranslation();
  const facts = [
    { term: t("images.kind"), value: t(`images.${image.kind}`) },
    { term: t("images.kubernetes"), value: image.kubernetesVersion ?? t("word.none") },
    { term: t("images.size"), value: bytesOf(image.sizeBytes) },
    { term: t("images.built"), value: <Built at={image.builtAt} /> },
    { term: t("images.hash"), value: <Copyable text={image.contentHash} what={t("images.hashWhat")} /> },
  ];
  const components = Object.entries(image.components);
  return (
    <Panel title={image.name}>
      <Facts facts={facts} compact />
      {components.length > 0 && (
        <Fold title={t("images.components")} summary={components.map(([name]) => name).join(t("word.and"))}>
          <Facts facts={components.map(([term, value]) => ({ term, value }))} compact />
        </Fold>
      )}
      {image.parts.length > 0 && (
        <Fold title={t("images.parts")} summary={<PartCounts parts={image.parts} />}>
          <Facts facts={image.parts.map((p) => ({ term: `${p.part} ${p.version}`, value: <PartOrigin part={p} /> }))} compact />
        </Fold>
      )}
      {image.packages.length > 0 && (
        <Fold title={t("images.packages", { count: image.packages.length })}>
          <Facts facts={image.packages.map((p) => ({ term: p.name, value: p.version }))} compact />
        </Fold>
      )}
    </Panel>
  );
}

type Part = ImageView["parts"][number];

function PartCounts({ parts }: { readonly parts: readonly Part[] }) {
  const { t } = useTranslation();
  const released = parts.filter(({ from }) => from === "release").length;
  return t("images.partCounts", { released, built: parts.length - released });
}

function PartOrigin({ part }: { readonly part: Part }) {
  const { t } = useTranslation();
  if (part.from === "source") return part.reason === null ? t("images.fromSource") : messageText(part.reason, t);
  return (
    <span className="b-stack-tight">
      <span>{t("images.fromRelease", { url: part.url })}</span>
      <Copyable text={part.checksum} what={t("images.checksumWhat")} />
      <span>{t("images.checksumSource", { url: part.checksumSource })}</span>
    </span>
  );
}

/** Manifests carry a date as text; one that is no date is shown as it stands. */
function Built({ at }: { readonly at: string }) {
  const moment = Date.parse(at);
  return Number.isNaN(moment) ? <span>{at}</span> : <Moment at={moment} />;
}
