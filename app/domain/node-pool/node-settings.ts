/** Labels and taints of a node pool, by the rules of Kubernetes. Read from lines of text, as people type them, or from JSON. Pure. */
import type { Taint } from "#app/domain/cluster/spec.ts";
import { taintText } from "#app/domain/cluster/spec-changes.ts";

/** At most so many in one pool, and at most so long when they come as text. */
export const nodeSettingLimits = { labels: 20, taints: 20, text: 8_000 } as const;

export const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const satisfies readonly Taint["effect"][];

export type LabelFault = "form" | "key" | "value" | "reserved" | "repeated" | "many" | "long";
export type TaintFault = LabelFault | "effect";

/** Why a label or taint is refused. `value`: the line or the key, as far as it can be shown. */
export interface FoundFault<F extends TaintFault = LabelFault> {
  readonly fault: F;
  readonly value: string;
}

export type Labels = Readonly<Record<string, string>>;
export type LabelsInput = string | Labels;
export type TaintInput = { readonly key: string; readonly value?: string | undefined; readonly effect: string };
export type TaintsInput = string | readonly TaintInput[];

export const isFault = <F extends TaintFault>(read: object | FoundFault<F>): read is FoundFault<F> => "fault" in read;

/** Every label by its key, or the first fault. Text has one `key=value` on each line. */
export function readLabels(input: LabelsInput): ReadonlyMap<string, string> | FoundFault {
  const pairs = typeof input === "string" ? pairsIn(input) : Object.entries(input);
  if (isFault(pairs)) return pairs;
  if (pairs.length > nodeSettingLimits.labels) return fault("many", String(pairs.length));
  const labels = new Map<string, string>();
  for (const [key, value] of pairs) {
    const found =
      keyFault(key) ?? (isValue(value) ? null : fault("value", `${key}=${value}`)) ?? (labels.has(key) ? fault("repeated", key) : null);
    if (found !== null) return found;
    labels.set(key, value);
  }
  return labels;
}

/** Every taint, or the first fault. Text has one `key=value:Effect` or `key:Effect` on each line. */
export function readTaints(input: TaintsInput): readonly Taint[] | FoundFault<TaintFault> {
  const asked = typeof input === "string" ? taintsIn(input) : input;
  if (isFault(asked)) return asked;
  if (asked.length > nodeSettingLimits.taints) return fault("many", String(asked.length));
  const taints = new Map<string, Taint>();
  for (const { key, value = "", effect } of asked) {
    const known = taintEffects.find((one) => one === effect);
    const found = keyFault(key) ?? (isValue(value) ? null : fault("value", `${key}=${value}`));
    if (found !== null) return found;
    if (known === undefined) return fault("effect", effect);
    // Kubernetes tells taints of a node apart by key and effect.
    if (taints.has(`${key}:${known}`)) return fault("repeated", `${key}:${known}`);
    taints.set(`${key}:${known}`, { key, value, effect: known });
  }
  return [...taints.values()];
}

/** As the form shows them. */
export const labelLines = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join("\n");
export const taintLines = (taints: readonly Taint[]): string => taints.map(taintText).join("\n");

const shown = 100;
const fault = <F extends TaintFault>(kind: F, value: string): FoundFault<F> => ({
  fault: kind,
  value: value.slice(0, shown).toWellFormed(),
});

function linesIn(text: string): readonly string[] | FoundFault {
  if (text.length > nodeSettingLimits.text) return fault("long", String(text.length));
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function pairsIn(text: string): readonly (readonly [string, string])[] | FoundFault {
  const lines = linesIn(text);
  if (isFault(lines)) return lines;
  const wrong = lines.find((line) => !line.includes("="));
  return wrong === undefined ? lines.map((line) => cut(line, "=")) : fault("form", wrong);
}

function taintsIn(text: string): readonly TaintInput[] | FoundFault {
  const lines = linesIn(text);
  if (isFault(lines)) return lines;
  const wrong = lines.find((line) => !line.includes(":"));
  return wrong === undefined ? lines.map(taintIn) : fault("form", wrong);
}

function taintIn(line: string): TaintInput {
  const at = line.lastIndexOf(":");
  const [key, value] = cut(line.slice(0, at), "=");
  return { key, value, effect: line.slice(at + 1) };
}

/** Both sides of the first mark. */
function cut(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

const name = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const isName = (text: string): boolean => text.length <= 63 && name.test(text);
const isValue = (text: string): boolean => text === "" || isName(text);
/** RFC 1123 subdomain. */
const isSubdomain = (text: string): boolean =>
  text.length <= 253 && text.split(".").every((part) => part.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(part));

function keyFault(key: string): FoundFault | null {
  const slash = key.indexOf("/");
  const [prefix, local] = slash < 0 ? [null, key] : [key.slice(0, slash), key.slice(slash + 1)];
  if (!isName(local) || (prefix !== null && !isSubdomain(prefix))) return fault("key", key);
  return prefix !== null && isReserved(prefix, local) ? fault("reserved", key) : null;
}

/** Prefixes that Kubernetes and Berth set themselves; the two exceptions are meant for people who run clusters. */
function isReserved(prefix: string, local: string): boolean {
  if (prefix === "node-restriction.kubernetes.io") return false;
  if (prefix === "node-role.kubernetes.io") return ownRoles.has(local);
  return reservedDomains.some((domain) => prefix === domain || prefix.endsWith(`.${domain}`));
}

const reservedDomains = ["kubernetes.io", "k8s.io", "berth.dev"];
const ownRoles = new Set(["control-plane", "master", "worker"]);
