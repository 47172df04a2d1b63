/** The node pools of the cluster form. Each is a group of fields; buttons of the form add and remove one, also without scripts. */
import { useEffect, useState } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { PoolField } from "#app/domain/cluster/change-classes.ts";
import { poolNameLimit } from "#app/domain/cluster/names.ts";
import { limits } from "#app/domain/cluster/sizes.ts";
import { Submit } from "#app/components/shell/link-button.tsx";
import { ChecksField, type FieldState, TextAreaField, TextField } from "#app/ui/field.tsx";
import { Fold } from "#app/ui/fold.tsx";
import { type PoolDraft, poolsIn, textsIn } from "./draft.ts";
import type { FieldsProps } from "./fields.tsx";
import { goingFrom, wholeNumber } from "./pool-impact.ts";
import { PoolImpactLine } from "./pool-impact-line.tsx";
import { addPool, intentField, removePool } from "./pool-intents.ts";
import { SizeField } from "./size-field.tsx";
import type { CurrentPool } from "./current-cluster.ts";

export interface PoolEntry {
  /** Stays the same when a pool before it is removed. */
  readonly key: string;
  readonly at: number;
  readonly field: (name: PoolField) => FieldState;
}

/** Of the group of all pools, and of the button that adds one. */
export const poolsId = "cluster-pools";
const addId = "cluster-add-pool";

export function PoolList({ pools, draft, standing }: Pick<FieldsProps, "pools" | "draft" | "standing">) {
  const { t } = useTranslation();
  const [first] = useState(() => new Set(pools.map(({ key }) => key)));
  const typed = poolsIn(draft);
  useFocusAfterRemoval(pools.length);
  const left = (standing?.pools ?? []).filter(({ name }) => !typed.some((pool) => pool.name === name));
  return (
    <div className="b-stack" id={poolsId} tabIndex={-1}>
      {pools.map((entry) => (
        <Pool
          key={entry.key}
          entry={entry}
          typed={typed[entry.at] ?? {}}
          standing={standing?.pools.find(({ name }) => name === typed[entry.at]?.name)}
          living={standing !== null && standing.pools.length > 0}
          last={pools.length === limits.pools.min}
          fresh={!first.has(entry.key)}
        />
      ))}
      <div role="status">
        {left.map(({ name, candidates }) => (
          <p key={name} className="b-tone-warning">
            {t("form.impact.poolRemoved", { pool: name, nodes: candidates.map((one) => one.name).join(", ") || t("word.none") })}
          </p>
        ))}
      </div>
      {pools.length < limits.pools.max && (
        <div>
          <Submit weight="secondary" name={intentField} value={addPool} id={addId}>
            {t("form.pool.add")}
          </Submit>
        </div>
      )}
    </div>
  );
}

/** The button that had the focus is gone with its pool. */
function useFocusAfterRemoval(count: number): void {
  const [before, setBefore] = useState(count);
  useEffect(() => {
    if (count === before) return;
    setBefore(count);
    if (count < before && document.activeElement === document.body) document.getElementById(addId)?.focus();
  }, [count, before]);
}

interface PoolProps {
  readonly entry: PoolEntry;
  readonly typed: PoolDraft;
  readonly standing: CurrentPool | undefined;
  readonly living: boolean;
  /** A cluster has at least one. */
  readonly last: boolean;
  /** Was just added. */
  readonly fresh: boolean;
}

function Pool({ entry: { at, field }, typed, standing, living, last, fresh }: PoolProps) {
  const { t } = useTranslation();
  const number = at + 1;
  return (
    <fieldset className="b-pool">
      <legend className="b-field-label">{t("form.pool.title", { number })}</legend>
      <div className="b-field-pair">
        <TextField
          field={field("name")}
          label={t("form.pool.name")}
          help={t("form.pool.nameHelp", { max: poolNameLimit })}
          required
          autoFocus={fresh}
          autoComplete="off"
        />
        <TextField
          field={field("count")}
          label={t("form.pool.count")}
          help={t("form.workersHelp")}
          type="number"
          min={limits.workers.min}
          max={limits.workers.max}
        />
      </div>
      <SizeField
        size={{ field: field("size"), label: t("form.pool.size") }}
        vcpus={{ field: field("vcpus"), label: t("form.pool.vcpus") }}
        memoryMiB={{ field: field("memoryMiB"), label: t("form.pool.memoryMiB") }}
      />
      <MoreFields field={field} typed={typed} living={living} />
      {standing !== undefined && standing.candidates.length > 0 && (
        <NodesToRemove field={field("remove")} typed={typed} standing={standing} />
      )}
      <PoolImpactLine typed={typed} standing={standing} living={living} />
      {!last && (
        <div>
          <Submit weight="link" name={intentField} value={removePool(at)}>
            {t("form.pool.drop", { number })}
          </Submit>
        </div>
      )}
    </fieldset>
  );
}

function MoreFields({ field, typed, living }: Pick<PoolEntry, "field"> & Pick<PoolProps, "typed" | "living">) {
  const { t } = useTranslation();
  const names = ["diskGiB", "labels", "taints"] as const;
  const [labels, taints] = [typed.labels, typed.taints].map(lineCount);
  const summary = `${typed.diskGiB ?? ""} ${t("word.gib")} · ${t("form.pool.labelCount", { count: labels })} · ${t("form.pool.taintCount", { count: taints })}`;
  return (
    <Fold title={t("form.pool.more")} summary={summary} open={names.some((name) => field(name).errors.length > 0)}>
      <TextField
        field={field("diskGiB")}
        label={t("form.pool.diskGiB")}
        help={t(living ? "form.diskEditHelp" : "form.diskHelp")}
        type="number"
        min={limits.diskGiB.min}
        max={limits.diskGiB.max}
      />
      <TextAreaField field={field("labels")} label={t("form.pool.labels")} help={t("form.pool.labelsHelp")} />
      <TextAreaField field={field("taints")} label={t("form.pool.taints")} help={t("form.pool.taintsHelp")} />
    </Fold>
  );
}

const lineCount = (text: string | undefined): number => (text ?? "").split("\n").filter((line) => line.trim() !== "").length;

/** In the order of the proposal. What is ticked goes first. */
function NodesToRemove({
  field,
  typed,
  standing,
}: {
  readonly field: FieldState;
  readonly typed: PoolDraft;
  readonly standing: CurrentPool;
}) {
  const { t } = useTranslation();
  const count = wholeNumber(typed.count);
  const going = count === null ? [] : goingFrom(standing, count, typed);
  const choices = standing.candidates.map(({ name, trouble }) => ({
    value: name,
    label: trouble === null ? name : `${name} · ${t(`form.trouble.${trouble}`)}`,
  }));
  return (
    <Fold
      title={t("form.pool.remove")}
      summary={going.length === 0 ? t("word.none") : going.join(", ")}
      open={field.errors.length > 0 || textsIn(field.value).length > 0}
    >
      <ChecksField
        field={field}
        label={t("form.pool.remove")}
        help={t("form.pool.removeHelp")}
        choices={choices}
        checked={textsIn(field.value)}
      />
    </Fold>
  );
}
