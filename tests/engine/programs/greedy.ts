/**
 * A program that takes more than there is: memory of its process, files that it may open, or time, so that its process
 * hears nothing any more. Which, says the spec's first authorised key; the second names a file to write when it begins.
 */
import { openSync, writeFileSync } from "node:fs";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";

export const clusterProgram = (spec: ClusterSpec) => (): Promise<Record<string, never>> => {
  const [what, begun] = spec.authorizedKeys;
  if (begun !== undefined) writeFileSync(begun, "");
  const taken: unknown[] = [];
  for (;;) {
    if (what === "files") taken.push(openSync("/dev/null", "r"));
    if (what === "memory") taken.push(new Array(1e6).fill(taken.length));
  }
};
