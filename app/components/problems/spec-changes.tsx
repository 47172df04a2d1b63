/** What differs between two revisions: in words with units first, every single field below. */
import type { TFunction } from "i18next";
import { addOnName } from "#app/components/text/add-on-text.ts";
import { serviceName } from "#app/components/text/service-text.ts";
import { blueprintText } from "#app/components/text/blueprint-text.ts";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { machineRoles, powers } from "#app/domain/cluster/spec.ts";
import type { SpecChangeRow } from "#app/domain/cluster/spec-changes.ts";
import { gibOf } from "#app/ui/amounts.ts";
import { Fold } from "#app/ui/fold.tsx";
import { specChangeLines, type SpecChangeLine, type SpecField } from "./spec-change-lines.ts";

export function SpecChanges({ changes }: { readonly changes: readonly SpecChangeRow[] }) {
  const { t } = useTranslation();
  const lines = specChangeLines(changes);
  return (
    <div className="b-stack-tight">
      <dl className="b-changes">
        {lines.map((line) => (
          <ChangeLine
            key={`${line.kind} ${line.of ?? ""} ${line.kind === "value" ? `${line.field} ${line.before} ${line.after}` : ""}`}
            line={line}
          />
        ))}
      </dl>
      <Fold title={t("specChange.every")} summary={t("specChange.fields", { count: changes.length })}>
        <div>
          {changes.map((change) => (
            <Field key={pathOf(change)} change={change} />
          ))}
        </div>
      </Fold>
    </div>
  );
}

function ChangeLine({ line }: { readonly line: SpecChangeLine }) {
  const { t } = useTranslation();
  if (line.kind === "value") {
    return (
      <div>
        <dt>{line.of === null ? t(`specField.${line.field}`) : `${line.of} · ${t(`specField.${line.field}`)}`}</dt>
        <dd>
          <FromTo
            before={line.before === null ? null : valueText(line.field, line.before, t)}
            after={line.after === null ? null : valueText(line.field, line.after, t)}
          />
        </dd>
      </div>
    );
  }
  if ("count" in line) {
    return (
      <div>
        <dt>{line.of}</dt>
        <dd>
          <strong>{t(`specChange.${line.kind}`)}</strong>: {t("specChange.poolMachines", { count: Number(line.count) })}
        </dd>
      </div>
    );
  }
  if ("version" in line) {
    return (
      <div>
        <dt>{addOnName(line.of, t)}</dt>
        <dd>
          <strong>{t(`specChange.${line.kind}`)}</strong>: {line.version}
        </dd>
      </div>
    );
  }
  if ("machines" in line) {
    return (
      <div>
        <dt>{serviceName(line.of, t)}</dt>
        <dd>
          <strong>{t(`specChange.${line.kind}`)}</strong>: {line.machines}
        </dd>
      </div>
    );
  }
  const { role, vcpus, memoryMiB, diskGiB, address } = line.values;
  const size = t("cluster.sizeValue", { vcpus, memory: gibOf(Number(memoryMiB)), disk: diskGiB });
  return (
    <div>
      <dt>{line.of}</dt>
      <dd>
        <strong>{t(`specChange.${line.kind}`)}</strong>: {roleText(role, t)} · {size} · <code>{address}</code>
      </dd>
    </div>
  );
}

/** The arrow is for eyes; screen readers hear which is which. */
function FromTo({ before, after }: { readonly before: string | null; readonly after: string | null }) {
  const { t } = useTranslation();
  return (
    <>
      {before !== null && (
        <span className="b-muted">
          <span className="pf-v6-screen-reader">{t("revision.before")}: </span>
          {before}
        </span>
      )}
      {before !== null && after !== null && <span aria-hidden="true"> → </span>}
      {after !== null && (
        <strong>
          <span className="pf-v6-screen-reader">{t("revision.after")}: </span>
          {after}
        </strong>
      )}
    </>
  );
}

const roleText = (value: string, t: TFunction): string =>
  machineRoles.some((role) => role === value) ? t(`role.${value as (typeof machineRoles)[number]}`) : value;

function valueText(field: SpecField, value: string, t: TFunction): string {
  switch (field) {
    case "vcpus":
      return `${value} ${t("plan.unit.vCPU")}`;
    case "memoryMiB":
      return `${gibOf(Number(value))} ${t("word.gib")}`;
    case "diskGiB":
      return `${value} ${t("word.gib")}`;
    case "profile":
      return value === "emulated" || value === "accelerated" ? t(`cluster.${value}`) : value;
    case "power":
      return t(`power.${powers.find((one) => one === value) ?? "on"}`);
    case "blueprint":
      return blueprintText(value, t);
    case "labels":
    case "taints":
      return value === "" ? t("word.none") : value;
    case "authorizedKeys":
      return value === "" ? t("word.none") : t("specChange.keys", { count: value.split(", ").length });
    default:
      return value;
  }
}

/** As it stands in the specification. */
const pathOf = ({ about, name, field }: SpecChangeRow): string => (about === "cluster" ? [field] : [about, name, field]).join(".");

function Field({ change }: { readonly change: SpecChangeRow }) {
  const { t } = useTranslation();
  return (
    <div className="b-change">
      <code>{pathOf(change)}</code>
      {change.before !== null && (
        <del>
          <span className="pf-v6-screen-reader">{t("revision.before")}: </span>
          {change.before}
        </del>
      )}
      {change.after !== null && (
        <ins>
          <span className="pf-v6-screen-reader">{t("revision.after")}: </span>
          {change.after}
        </ins>
      )}
    </div>
  );
}
