/** Plain machines with a broken script on the first machine, until a file `mended` lies in the home. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { addressOf, type ClusterSecrets, type ClusterSpec, controlPlaneOf } from "#app/domain/cluster/spec.ts";
import { machineStepName } from "#app/domain/cluster/steps.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import { clusterProgram as plainProgram } from "#tests/plain/program.ts";

export const clusterProgram = (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) => async () => {
  const outputs = await plainProgram(spec, secrets, host, seedFolder)();
  const machine = controlPlaneOf(spec);
  const connection = {
    host: addressOf(machine),
    user: "root",
    privateKey: pulumi.secret(secrets.portalPrivateKey),
    hostKey: machine.sshHostKey,
    dialErrorLimit: 80,
  };
  new command.remote.Command(machineStepName(machine.name, "member"), {
    connection,
    create: existsSync(join(dirname(host.poolRoot), "mended"))
      ? "echo it is there"
      : `echo looking for it; echo "it is not there" >&2; exit 7`,
    stdin: pulumi.secret(secrets.portalPrivateKey),
  });
  return outputs;
};
