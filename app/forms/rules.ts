/**
 * How a form says no: a stable code per rule with the numbers its sentence needs. zod carries one text per issue, so
 * code and numbers travel in that text (`name.long {"max":32}`) and are taken apart again where they are translated.
 */
import { z } from "zod";
import type { FieldIssue } from "#app/domain/problem.ts";

export const ruleCodes = [
  "name.required",
  "name.long",
  "name.label",
  "name.taken",
  "kubernetesVersion.required",
  "kubernetesVersion.form",
  "kubernetesVersion.unknown",
  "image.unknown",
  "size.unknown",
  "blueprint.unknown",
  "controlPlanes.range",
  "controlPlanes.choice",
  "controlPlanes.fewer",
  "controlPlanes.endpoint",
  "vcpus.required",
  "vcpus.range",
  "memoryMiB.required",
  "memoryMiB.range",
  "workers.range",
  "diskGiB.range",
  "pool.many",
  "pool.none",
  "pool.nameRequired",
  "pool.nameTaken",
  "pool.workers",
  "pool.listed",
  "pool.noNode",
  "pool.removeMany",
  "pool.label.form",
  "pool.label.key",
  "pool.label.value",
  "pool.label.reserved",
  "pool.label.repeated",
  "pool.label.many",
  "pool.label.long",
  "pool.taint.form",
  "pool.taint.key",
  "pool.taint.value",
  "pool.taint.effect",
  "pool.taint.reserved",
  "pool.taint.repeated",
  "pool.taint.many",
  "pool.taint.long",
  "addOn.unknown",
  "addOn.requires",
  "addOn.blueprint",
  "addOn.image",
  "addOn.many",
  "hours.form",
  "hours.zone",
  "service.unknown",
  "service.many",
  "sshKeyMode.unknown",
  "sshKey.required",
  "sshKey.private",
  "sshKey.putty",
  "sshKey.ssh2",
  "sshKey.pem",
  "sshKey.certificate",
  "sshKey.several",
  "sshKey.wrapped",
  "sshKey.options",
  "sshKey.comment",
  "sshKey.commentLong",
  "sshKey.form",
  "sshKey.kind",
  "sshKey.weak",
  "cidr.form",
  "cidr.private",
  "cidr.size",
  "cidr.few",
  "cidr.overlapMachines",
  "cidr.overlapPods",
  "account.required",
  "account.label",
  "account.long",
  "password.required",
  "password.short",
  "password.long",
  "password.characters",
  "label.required",
  "label.long",
  "days.range",
  "confirm.required",
  "confirm.mismatch",
  "reserved.address",
  "reserved.commandLine",
  "reserved.system",
  "reserved.kubernetes",
  "text.control",
  "text.invisible",
  "text.broken",
  "word.label",
  "word.id",
  "word.hash",
  "word.rowId",
  "number.range",
  "field.type",
  "field.unknown",
  "field.repeated",
  "field.deep",
  "field.fixed",
  "field.added",
  "field.custom",
  "field.paste",
  "key.format",
] as const;
export type RuleCode = (typeof ruleCodes)[number];
export type RuleParams = Readonly<Record<string, string | number>>;

export interface BrokenRule {
  readonly code: RuleCode;
  readonly params: RuleParams;
}

/** The text that zod carries. */
export const rule = (code: RuleCode, params: RuleParams = {}): string =>
  Object.keys(params).length === 0 ? code : `${code} ${JSON.stringify(params)}`;

/** The same text of an issue that a use case found. */
export const issueText = ({ code, params }: FieldIssue): string => `${code} ${JSON.stringify(params)}`;

const isRuleCode = (text: string): text is RuleCode => (ruleCodes as readonly string[]).includes(text);

const paramsSchema = z.record(z.string(), z.union([z.string(), z.number()]));

/** Written by a rule of ours, and not by the schema library itself. */
export const isRuleText = (message: string): boolean => isRuleCode(message.split(" ", 1)[0] ?? "");

/** The way back. What no rule of ours wrote (a type that is wrong altogether) is `field.type`. */
export function readRule(message: string): BrokenRule {
  const blank = message.indexOf(" ");
  const code = blank < 0 ? message : message.slice(0, blank);
  if (!isRuleCode(code)) return { code: "field.type", params: {} };
  return { code, params: blank < 0 ? {} : paramsFrom(message.slice(blank + 1)) };
}

function paramsFrom(text: string): RuleParams {
  try {
    return paramsSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** As people and programs write it: `pools[0].name`. */
export const fieldPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? String(part) : `${text}.${String(part)}`),
    "",
  );

/** All broken rules of a failed parse, at most one per field: the first is the one to fix first. */
export function issuesOf(error: z.ZodError): readonly FieldIssue[] {
  const seen = new Map<string, FieldIssue>();
  for (const issue of error.issues) {
    const field = fieldPath(issue.path);
    if (!seen.has(field)) seen.set(field, { field, ...readRule(issue.message) });
  }
  return [...seen.values()];
}

/** A whole number within inclusive limits; one rule for everything that can be wrong with it. */
export const wholeNumber = (code: RuleCode, limit: { readonly min: number; readonly max: number }) => {
  const error = rule(code, { min: limit.min, max: limit.max });
  return z.number({ error }).int({ error }).min(limit.min, { error }).max(limit.max, { error });
};
