/** A command on a machine, with everything that every one of them needs said once. */
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { addressOf, isSaved, type MachineSpec } from "#app/domain/cluster/spec.ts";
import { settingsOf } from "#programs/render/profile.ts";
import type { ClusterArgs } from "./args.ts";

export interface RemoteScript {
  readonly on: MachineSpec;
  /** Absent: making it does nothing, and nobody is called. */
  readonly create?: string;
  readonly delete?: string;
  /** Secret: encrypted in state, never in a message. */
  readonly stdin?: string;
  readonly triggers?: readonly pulumi.Input<string>[];
  /** The output is a secret: kept out of events and encrypted in state. */
  readonly secretOutput?: boolean;
  /** The machine may still be booting. */
  readonly patient?: boolean;
}

export function remoteCommand(
  name: string,
  cluster: ClusterArgs,
  script: RemoteScript,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const { on, create, stdin, triggers } = script;
  return new command.remote.Command(
    name,
    {
      connection: connection(cluster, on, script.patient ?? false),
      ...(create === undefined ? {} : { create }),
      ...(script.delete === undefined ? {} : { delete: script.delete }),
      ...(stdin === undefined ? {} : { stdin: pulumi.secret(stdin) }),
      ...(triggers === undefined ? {} : { triggers: [...triggers] }),
      // Large outputs of an earlier run would not fit an environment, and nobody reads them.
      addPreviousOutputInEnv: false,
      ...(script.secretOutput ? { logging: command.types.enums.remote.Logging.None } : {}),
    },
    {
      ...opts,
      ...(isSaved(cluster.spec) ? { ignoreChanges: everyInput } : {}),
      ...(script.secretOutput ? { additionalSecretOutputs: ["stdout", "stderr"] } : {}),
    },
  );
}

/** Nothing can be run on machines that are saved: what a newer version would do there waits until they are awake. */
const everyInput = ["connection", "create", "update", "delete", "stdin", "triggers", "addPreviousOutputInEnv", "logging"];

/** Dials wait at most about five seconds each, so the budget is bounded in time as well. */
const connection = ({ spec, secrets }: ClusterArgs, machine: MachineSpec, patient: boolean) => ({
  host: addressOf(machine),
  port: 22,
  user: "root",
  privateKey: pulumi.secret(secrets.portalPrivateKey),
  hostKey: machine.sshHostKey,
  dialErrorLimit: patient ? 80 * settingsOf(spec).patience : 10,
  perDialTimeout: 15,
});
