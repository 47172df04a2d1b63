/** A program of fifty resources that do nothing: what is left is what the engine and its driver cost. */
import { local } from "@pulumi/command";

export const resources = 50;

export const clusterProgram = () => (): Promise<undefined> => {
  for (let i = 0; i < resources; i++) new local.Command(`idle-${i}`, {});
  return Promise.resolve(undefined);
};
