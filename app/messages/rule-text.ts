/** A broken rule in words, the same on a page and in the API: it names the field, the value where there is one, and what would be right. */
import type { TFunction } from "i18next";
import type { PoolField } from "#app/domain/cluster/change-classes.ts";
import type { FieldIssue } from "#app/domain/problem.ts";
import { readRule } from "#app/forms/rules.ts";

export function ruleText(issue: FieldIssue, t: TFunction): string {
  const { code, params } = readRule(`${issue.code} ${JSON.stringify(issue.params)}`);
  // Which words a sentence needs depends on the code; the type of `t` cannot follow that for all codes at once.
  const say = t as (key: `rule.${typeof code}`, words: Readonly<Record<string, string | number>>) => string;
  return say(`rule.${code}`, { ...params, field: labelOf(issue.field, t) });
}

/** The same for the text that a schema's issue carries. */
export const zodRuleText = (message: string, field: string, t: TFunction): string => ruleText({ field, ...readRule(message) }, t);

const labels = {
  name: "form.name",
  blueprint: "form.blueprint",
  controlPlanes: "form.controlPlanes",
  kubernetesVersion: "form.kubernetesVersion",
  image: "form.image",
  controlPlaneSize: "form.controlPlaneSize",
  controlPlaneVcpus: "form.controlPlaneVcpus",
  controlPlaneMemoryMiB: "form.controlPlaneMemoryMiB",
  workerSize: "form.workerSize",
  workerVcpus: "form.workerVcpus",
  workerMemoryMiB: "form.workerMemoryMiB",
  workers: "form.workers",
  diskGiB: "form.diskGiB",
  controlPlaneDiskGiB: "form.controlPlaneDiskGiB",
  pools: "form.pool.all",
  services: "form.services",
  addOns: "form.addOns",
  sshKeyMode: "form.sshKeyMode",
  sshKey: "form.sshKey",
  podCidr: "form.podCidr",
  serviceCidr: "form.serviceCidr",
  password: "join.password",
  hours: "powerHours.label",
  label: "people.labelName",
  days: "people.days",
  slug: "people.tenantName",
} as const;

const isLabelled = (name: string): name is keyof typeof labels => Object.hasOwn(labels, name);

const poolLabels = {
  name: "form.pool.name",
  count: "form.pool.count",
  size: "form.pool.size",
  vcpus: "form.pool.vcpus",
  memoryMiB: "form.pool.memoryMiB",
  diskGiB: "form.pool.diskGiB",
  labels: "form.pool.labels",
  taints: "form.pool.taints",
  remove: "form.pool.remove",
} as const satisfies Readonly<Record<PoolField, string>>;

const isOfPool = (name: string): name is PoolField => Object.hasOwn(poolLabels, name);

/** What the field is called on the page; a field that no page has keeps its own name. */
export function labelOf(name: string, t: TFunction): string {
  const [, at, field = ""] = /^pools\[(\d+)\]\.(\w+)/.exec(name) ?? [];
  if (at !== undefined && isOfPool(field)) return t("form.pool.field", { number: Number(at) + 1, field: t(poolLabels[field]) });
  return isLabelled(name) ? t(labels[name]) : name;
}
