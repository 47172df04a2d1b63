/** Berth's own program with a broken script on the first machine, until a file `mended` lies in the home. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type ClusterSecrets, type ClusterSpec, controlPlaneOf } from "#app/domain/cluster/spec.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import { clusterProgram as ownProgram } from "#programs/cluster/program.ts";

export const clusterProgram = (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) => async () => {
  const outputs = await ownProgram(spec, secrets, host, seedFolder)();
  const { address, sshHostKey, nodeName } = controlPlaneOf(spec);
  const connection = { host: address, user: "root", privateKey: pulumi.secret(secrets.portalPrivateKey), hostKey: sshHostKey, dialErrorLimit: 80 };
  new command.remote.Command(`${nodeName}-member`, {
    connection,
    create: existsSync(join(dirname(host.poolRoot), "mended")) ? "echo it is there" : `echo looking for it; echo "it is not there" >&2; exit 7`,
    stdin: pulumi.secret(secrets.portalPrivateKey),
  });
  return outputs;
};
