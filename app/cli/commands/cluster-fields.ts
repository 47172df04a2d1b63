/**
 * What of the cluster form the command line can say: one entry per field, so that a field without one does not compile. Options of
 * fields that are fixed in a living cluster belong to `create` alone.
 */
import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { Ending, exitCodes } from "#app/cli/exit-codes.ts";
import { blueprints } from "#app/domain/blueprints/all.ts";
import { type ClusterField, formChanges } from "#app/domain/cluster/change-classes.ts";
import { sizeNames } from "#app/domain/cluster/sizes.ts";
import { isSshKeyFault, readSshKey } from "#app/domain/ssh-key.ts";
import { addAddOnOption, type AddOnRequest } from "./add-on-options.ts";
import { addPoolOption, type PoolRequest } from "./pool-options.ts";
import { addServiceOption, type ServiceRequest } from "./service-options.ts";
import { wholeNumber } from "./shared.ts";

export interface ClusterOptions extends PoolRequest, ServiceRequest, AddOnRequest {
  readonly name?: string;
  readonly version?: string;
  readonly image?: string;
  readonly blueprint?: string;
  readonly controlPlanes?: number;
  readonly controlPlaneSize?: string;
  readonly workerSize?: string;
  readonly workers?: number;
  readonly disk?: number;
  readonly sshKey?: string;
  readonly generateSshKey?: boolean;
  readonly podCidr?: string;
  readonly serviceCidr?: string;
}

interface FieldOption {
  readonly add: (command: Command) => Command;
  /** The field of the request; undefined: the options do not say it. */
  readonly value: (o: ClusterOptions) => unknown;
}

/** An option that takes a text as it is. */
const plain =
  (flags: string, description: string): FieldOption["add"] =>
  (command) =>
    command.option(flags, description);

const number =
  (flags: string, description: string): FieldOption["add"] =>
  (command) =>
    command.option(flags, description, wholeNumber);

const choice =
  (flags: string, description: string, choices: readonly string[]): FieldOption["add"] =>
  (command) =>
    command.addOption(new Option(flags, description).choices([...choices]));

/** Null: no option of its own, with the reason. */
export const fieldOptions: Readonly<Record<ClusterField, FieldOption | null>> = {
  // The argument of `create`; `--name` of `update` renames.
  name: null,
  blueprint: {
    add: choice(
      "--blueprint <id>",
      "kind of cluster",
      blueprints.map(({ id }) => id),
    ),
    value: (o) => o.blueprint,
  },
  controlPlanes: {
    add: number(
      "--control-planes <count>",
      "control planes, where the blueprint leaves a choice; a cluster that lives can get more, not fewer",
    ),
    value: (o) => o.controlPlanes,
  },
  kubernetesVersion: { add: plain("--version <version>", "Kubernetes version; the newest ready one by default"), value: (o) => o.version },
  image: { add: plain("--image <name>", "guest image"), value: (o) => o.image },
  controlPlaneSize: {
    add: choice("--control-plane-size <size>", "size of the control plane", sizeNames),
    value: (o) => o.controlPlaneSize,
  },
  // A control plane has one of the named sizes here; others can be had by the page and the API.
  controlPlaneVcpus: null,
  controlPlaneMemoryMiB: null,
  // `--disk` is the disk of every machine.
  controlPlaneDiskGiB: null,
  pools: { add: addPoolOption, value: (o) => o.pool },
  workerSize: {
    add: choice("--worker-size <size>", "size of the machines of the node pool workers", sizeNames),
    value: (o) => o.workerSize,
  },
  // `--pool` has them for every pool.
  workerVcpus: null,
  workerMemoryMiB: null,
  workers: {
    add: number("--workers <count>", "machines of the node pool workers; without workers in any pool the control plane takes workloads"),
    value: (o) => o.workers,
  },
  diskGiB: { add: number("--disk <GiB>", "disk of each machine, unless its pool says another"), value: (o) => o.disk },
  sshKeyMode: {
    add: plain(
      "--generate-ssh-key",
      "make a key pair; the private key is printed once: to standard error, with -o json as generatedKey.privateKey of the answer",
    ),
    value: (o) => (o.sshKey !== undefined ? "paste" : o.generateSshKey ? "generate" : undefined),
  },
  sshKey: {
    add: (command) =>
      command.addOption(new Option("--ssh-key <file>", "public key that may enter the machines").conflicts("generateSshKey")),
    value: ({ sshKey }) => (sshKey === undefined ? undefined : readKey(sshKey)),
  },
  podCidr: { add: plain("--pod-cidr <cidr>", "addresses of pods"), value: (o) => o.podCidr },
  serviceCidr: { add: plain("--service-cidr <cidr>", "addresses of services"), value: (o) => o.serviceCidr },
  services: { add: addServiceOption, value: (o) => o.service },
  addOns: { add: addAddOnOption, value: (o) => o.addOn },
};

const entries = Object.entries(fieldOptions) as readonly (readonly [ClusterField, FieldOption | null])[];

const addAll = (command: Command, wanted: (field: ClusterField) => boolean): Command =>
  entries.reduce((all, [field, option]) => (option !== null && wanted(field) ? option.add(all) : all), command);

/** Options of every field. */
export const addCreateOptions = (command: Command): Command => addAll(command, () => true);

/** Options of the fields that may change in a living cluster. */
export const addChangeOptions = (command: Command): Command => addAll(command, (field) => formChanges[field] !== "fixed");

/** The fields that options say something about, as the API takes them. */
export function bodyOf(o: ClusterOptions): Readonly<Record<string, unknown>> {
  const said = entries.map(([field, option]) => [field, option?.value(o)] as const);
  return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}

/** A private key that was given by mistake does not leave this machine. */
function readKey(path: string): string {
  const text = readKeyFile(path);
  const key = readSshKey(text);
  if (isSshKeyFault(key) && (key.fault === "private" || key.fault === "putty"))
    throw new Ending(
      exitCodes.invalid,
      `${path} holds a private key: give the file of the public key, usually ${path}.pub. Nothing was sent`,
    );
  return text;
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new Ending(exitCodes.invalid, `reading the key ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
