/**
 * A program of local commands in place of machines: whatever is about the engine itself (cancel, crash, locks, order of
 * events) is tested with it in seconds. What it does is read from the spec's authorised keys, one command each:
 * `name: script`. Each waits for the one before, but for those whose name begins with `+`.
 */
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";

export const clusterProgram = (spec: ClusterSpec) => (): Promise<Record<string, pulumi.Output<unknown>>> => {
  let before: command.local.Command | null = null;
  for (const line of spec.authorizedKeys) {
    const [word = "", script = ""] = line.split(/: (.*)/s);
    const name = word.replace(/^\+/, "");
    before = new command.local.Command(
      name,
      { create: script, delete: "echo bye", addPreviousOutputInEnv: false },
      before === null || word !== name ? {} : { dependsOn: [before] },
    );
  }
  return Promise.resolve(before === null ? {} : { said: pulumi.secret(before.stdout) });
};
