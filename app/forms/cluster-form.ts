/**
 * The cluster form: one schema for page, API and command line. Everything has a default but the name; what the host
 * cannot carry is no matter of the form but of the plan.
 */
import { z } from "zod";
import { addOns } from "#app/domain/add-ons/all.ts";
import { serviceKinds } from "#app/domain/services/all.ts";
import { unknownAddOns, unmetRequirements } from "#app/domain/add-ons/chosen.ts";
import { defaultRange } from "#app/domain/network/addresses.ts";
import { blueprintNamed, usualBlueprint } from "#app/domain/blueprints/all.ts";
import { type AskedCluster, formChanges, poolFieldName } from "#app/domain/cluster/change-classes.ts";
import { type Cidr, overlap, parseCidr, isPrivate } from "#app/domain/network/ipv4.ts";
import { clusterNameLimit, isLabel, nameError } from "#app/domain/cluster/names.ts";
import { limits, type MachineSize, nameOfSize } from "#app/domain/cluster/sizes.ts";
import { addOnsOf, type ClusterSpec, controlPlaneOf, kubernetesOf, poolsOf, rootDiskOf, servicesOf } from "#app/domain/cluster/spec.ts";
import { clusterReservation } from "#app/domain/reserved-names.ts";
import { isSshKeyFault, readSshKey, withoutHarm } from "#app/domain/ssh-key.ts";
import { withChanges } from "./field-changes.ts";
import {
  askedPool,
  bounded,
  checkPools,
  namesIn,
  poolDefaults,
  poolFormOf,
  poolInputNames,
  poolsField,
  resolvedPools,
  shortFields,
  sizeBy,
  sizeField,
  workersIn,
} from "./pool-fields.ts";
import { type RuleCode, rule, type RuleParams, wholeNumber } from "./rules.ts";
import { pastedField, textField, wordField } from "./text-fields.ts";

export const sshKeyModes = ["none", "generate", "paste"] as const;

/** What the rules are checked against, besides the input itself. Everything may be left out. */
export interface ClusterFormContext {
  /** The operator's range of machine networks. */
  readonly networkRange?: string;
  /** Names in use in this tenant; not the cluster's own when it is edited. */
  readonly takenNames?: readonly string[];
  /** Of the cluster that is edited; null: it is new. Absent: reserved names are left to whoever stores the cluster. */
  readonly ownName?: string | null;
  /** Versions with a ready image; empty or absent: any version of the right form. */
  readonly kubernetesVersions?: readonly string[];
}

export const clusterFormDefaults = {
  controlPlaneSize: "small",
  sshKeyMode: "none",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
} as const;

const cidrField = (fallback: string) => textField(50, rule("cidr.form")).default(fallback);

const shape = {
  name: textField(clusterNameLimit, rule("name.long", { max: clusterNameLimit })).default(""),
  blueprint: textField(50, rule("blueprint.unknown")).default(usualBlueprint).describe("Id of a blueprint"),
  /** None: as many as is usual for the blueprint; in a change, as many as there are. */
  controlPlanes: wholeNumber("controlPlanes.range", limits.controlPlanes).nullish(),
  kubernetesVersion: textField(30, rule("kubernetesVersion.form")).default(""),
  controlPlaneSize: sizeField().default(clusterFormDefaults.controlPlaneSize),
  controlPlaneVcpus: wholeNumber("vcpus.range", limits.vcpus).nullish(),
  controlPlaneMemoryMiB: wholeNumber("memoryMiB.range", limits.memoryMiB).nullish(),
  controlPlaneDiskGiB: wholeNumber("diskGiB.range", limits.diskGiB).nullish(),
  pools: poolsField.describe(
    "All node pools that there are to be; in a change a pool's fields that are left out keep their value, and a pool that is left out goes with its machines. Without it, the fields of one pool `workers` count",
  ),
  ...shortFields,
  sshKeyMode: z.enum(sshKeyModes, { error: rule("sshKeyMode.unknown") }).default(clusterFormDefaults.sshKeyMode),
  sshKey: pastedField(20_000, rule("sshKey.form")).nullish(),
  podCidr: cidrField(clusterFormDefaults.podCidr),
  serviceCidr: cidrField(clusterFormDefaults.serviceCidr),
  /** Image name; none: the newest with that version. */
  image: textField(200, rule("image.unknown")).nullish(),
  /** Which ones there are is left to whoever stores the cluster. */
  services: z
    .preprocess(namesIn, bounded("service.many", limits.serviceMachines.max, z.array(wordField("label"), { error: rule("field.type") })))
    .nullish()
    .describe(
      `Kinds of all services that there are to be, each with machines of its own; in a change one that is left out goes with its machines and their disks. Known are: ${serviceKinds.map(({ id }) => id).join(", ") || "none"}`,
    ),
  addOns: z
    .preprocess(namesIn, bounded("addOn.many", limits.addOns.max, z.array(wordField("label"), { error: rule("field.type") })))
    .nullish()
    .describe(
      `Ids of all add-ons that there are to be; in a change one that is left out is removed. Known are: ${addOns.map(({ id }) => id).join(", ") || "none"}`,
    ),
};

const fields = z.object(withChanges(shape, formChanges));

/** Names of the form's fields, as a page sends them, in the order in which it shows them. A page describes every pool by itself. */
export const clusterFormFields: readonly string[] = Object.keys(shape)
  .filter((name) => !Object.hasOwn(shortFields, name))
  .flatMap((name) => (name === "pools" ? poolInputNames : [name]));

/** Fields of which a page sends one for each box that is ticked, and none when no box is. */
export const isListOfNames = (name: string): boolean => name === "addOns" || name === "services" || name.endsWith(".remove");

export type ClusterForm = z.output<typeof fields>;
export type ClusterFormInput = z.input<typeof fields>;
export type ClusterFormField = keyof ClusterForm;

/** Adds an issue at a field. */
type AddIssue = (field: Exclude<ClusterFormField, "pools">, code: RuleCode, params?: RuleParams) => void;

export const clusterFormSchema = (context: ClusterFormContext = {}) =>
  fields.superRefine((form, ctx) => {
    const add = (path: (string | number)[], code: RuleCode, params?: RuleParams) =>
      ctx.addIssue({ code: "custom", path, message: rule(code, params) });
    const say: AddIssue = (field, code, params) => add([field], code, params);
    const pools = resolvedPools(form);
    checkName(form, context, say);
    checkVersion(form, context, say);
    checkControlPlane(form, say);
    checkPools(
      pools,
      (at, { short }) =>
        (field, code, params) =>
          add(pathOf(poolFieldName(at, field, short), at, field), code, params),
    );
    checkKey(form, say);
    checkRanges(form, controlPlanesIn(form) + workersIn(pools), context, say);
    checkServices(form, say);
    checkAddOns(form, say);
  });

/** Of a field of the short form, its own name. */
const pathOf = (name: string, at: number, field: string): (string | number)[] =>
  name.startsWith("pools[") ? ["pools", at, field] : [name];

function checkName({ name }: ClusterForm, context: ClusterFormContext, say: AddIssue): void {
  const fault = nameError(name);
  if (fault === "empty") say("name", "name.required");
  else if (fault === "long") say("name", "name.long", { max: clusterNameLimit });
  else if (fault === "label") say("name", "name.label", { value: name });
  else {
    const warning = nameWarning(name, context);
    if (warning !== null) say("name", warning.code, warning.params);
  }
}

/** Why a name cannot be had that is valid by itself; null: it can, or is not finished yet. */
export function nameWarning(
  name: string,
  { takenNames = [], ownName }: ClusterFormContext,
): { readonly code: RuleCode; readonly params: RuleParams } | null {
  if (nameError(name) !== null) return null;
  const reservation = ownName === undefined || ownName === name ? null : clusterReservation(name);
  if (reservation !== null) return { code: `reserved.${reservation}`, params: { value: name } };
  return takenNames.includes(name) ? { code: "name.taken", params: { value: name } } : null;
}

function checkVersion({ kubernetesVersion: value }: ClusterForm, { kubernetesVersions = [] }: ClusterFormContext, say: AddIssue): void {
  if (value === "") say("kubernetesVersion", "kubernetesVersion.required");
  else if (!/^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(value)) say("kubernetesVersion", "kubernetesVersion.form", { value });
  else if (kubernetesVersions.length > 0 && !kubernetesVersions.includes(value))
    say("kubernetesVersion", "kubernetesVersion.unknown", { value });
}

/** A custom size needs both numbers; a control plane needs what kubeadm asks for. */
function checkControlPlane(
  { controlPlaneSize: choice, controlPlaneVcpus: vcpus, controlPlaneMemoryMiB: memory }: ClusterForm,
  say: AddIssue,
): void {
  if (choice !== "custom") return;
  if (vcpus == null) say("controlPlaneVcpus", "vcpus.required");
  else if (vcpus < limits.controlPlaneVcpus.min) say("controlPlaneVcpus", "vcpus.range", limits.controlPlaneVcpus);
  if (memory == null) say("controlPlaneMemoryMiB", "memoryMiB.required");
  else if (memory < limits.controlPlaneMemoryMiB.min) say("controlPlaneMemoryMiB", "memoryMiB.range", limits.controlPlaneMemoryMiB);
}

function checkKey({ sshKeyMode, sshKey }: ClusterForm, say: AddIssue): void {
  if (sshKeyMode !== "paste") return;
  if (sshKey == null || sshKey === "") return say("sshKey", "sshKey.required");
  const key = readSshKey(sshKey);
  if (!isSshKeyFault(key)) return;
  const { fault, ...params } = key;
  say("sshKey", `sshKey.${fault}`, params);
}

/** What can be no id of a kind; which ones there are is known where the cluster is stored. */
function checkServices({ services: ids }: ClusterForm, say: AddIssue): void {
  const strange = ids?.find((id) => !isLabel(id));
  if (strange !== undefined) say("services", "service.unknown", { value: strange });
}

function checkAddOns({ addOns: ids }: ClusterForm, say: AddIssue): void {
  const [unknown] = unknownAddOns(ids ?? []);
  const [unmet] = unmetRequirements(ids ?? []);
  if (unknown !== undefined) say("addOns", "addOn.unknown", { value: unknown });
  else if (unmet !== undefined) say("addOns", "addOn.requires", { value: unmet.id, other: unmet.requires });
}

/** The API server takes service ranges of 2^20 addresses at most; every node gets a /24 of the pod range. */
const podBits = { min: 8, max: 24 } as const;
const serviceBits = { min: 12, max: 26 } as const;

const controlPlanesIn = ({ blueprint, controlPlanes }: ClusterForm): number =>
  controlPlanes ?? blueprintNamed(blueprint)?.controlPlanes.usual ?? 1;

function checkRanges(form: ClusterForm, machines: number, { networkRange = defaultRange }: ClusterFormContext, say: AddIssue): void {
  const pods = readRange(form, "podCidr", podBits, say);
  const services = readRange(form, "serviceCidr", serviceBits, say);
  const host = parseCidr(networkRange);
  if (pods && 2 ** (24 - pods.bits) < machines) say("podCidr", "cidr.few", { value: form.podCidr, machines });
  if (pods && host && overlap(pods, host)) say("podCidr", "cidr.overlapMachines", { value: form.podCidr, other: networkRange });
  if (services && host && overlap(services, host))
    say("serviceCidr", "cidr.overlapMachines", { value: form.serviceCidr, other: networkRange });
  if (pods && services && overlap(pods, services)) say("serviceCidr", "cidr.overlapPods", { value: form.serviceCidr, other: form.podCidr });
}

function readRange(
  form: ClusterForm,
  field: "podCidr" | "serviceCidr",
  bits: { readonly min: number; readonly max: number },
  say: AddIssue,
): Cidr | null {
  const value = form[field];
  const range = parseCidr(value);
  if (!range) say(field, "cidr.form", { value });
  else if (range.bits < bits.min || range.bits > bits.max) say(field, "cidr.size", { value, min: bits.min, max: bits.max });
  else if (!isPrivate(range)) say(field, "cidr.private", { value });
  else return range;
  return null;
}

/** Only for a form that the schema accepted. The key is not decided yet: a generated one is made by the use case. */
export const toSpecInput = (form: ClusterForm): AskedCluster => ({
  name: form.name,
  blueprint: form.blueprint,
  ...(form.controlPlanes == null ? {} : { controlPlanes: form.controlPlanes }),
  kubernetesVersion: form.kubernetesVersion,
  controlPlane: { ...controlPlaneSize(form), diskGiB: form.controlPlaneDiskGiB ?? form.diskGiB ?? poolDefaults.diskGiB },
  pools: resolvedPools(form).map(askedPool),
  podCidr: form.podCidr,
  serviceCidr: form.serviceCidr,
  image: form.image || null,
  ...(form.services == null || form.services.length === 0 ? {} : { services: [...new Set(form.services)] }),
  addOns: [...new Set(form.addOns ?? [])],
  sshKey: form.sshKeyMode === "paste" ? { mode: "paste", key: keyLine(form.sshKey ?? "") } : { mode: form.sshKeyMode },
});

export const controlPlaneSize = (
  form: Pick<ClusterForm, "controlPlaneSize" | "controlPlaneVcpus" | "controlPlaneMemoryMiB">,
): MachineSize => sizeBy(form.controlPlaneSize, form.controlPlaneVcpus, form.controlPlaneMemoryMiB);

function keyLine(text: string): string {
  const key = readSshKey(text);
  return isSshKeyFault(key) ? "" : key.line;
}

/** The form that would give this cluster: what an edit starts from. */
export function formOf(spec: ClusterSpec): ClusterForm {
  const cp = controlPlaneOf(spec);
  const [key] = spec.authorizedKeys;
  return {
    name: spec.name,
    blueprint: spec.blueprint,
    controlPlanes: kubernetesOf(spec).controlPlane.length,
    kubernetesVersion: kubernetesOf(spec).version,
    image: cp.image.name,
    controlPlaneSize: nameOfSize(cp),
    controlPlaneVcpus: cp.vcpus,
    controlPlaneMemoryMiB: cp.memoryMiB,
    controlPlaneDiskGiB: rootDiskOf(cp).gib ?? poolDefaults.diskGiB,
    pools: poolsOf(spec).map(poolFormOf),
    sshKeyMode: key === undefined ? "none" : "paste",
    sshKey: key === undefined ? null : withoutHarm(key),
    podCidr: kubernetesOf(spec).podCidr,
    serviceCidr: kubernetesOf(spec).serviceCidr,
    services: servicesOf(spec).map(({ kind }) => kind),
    addOns: addOnsOf(spec).map(({ id }) => id),
  };
}
