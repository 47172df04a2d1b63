/** Names that Berth gives and accepts: RFC 1123 labels, machine names, and the prefix of everything on a libvirt host. */
import type { NodeRole } from "./spec.ts";

/** Shorter than the 63 of RFC 1123: names of API objects, files and contexts are made from it and must fit, too. */
export const clusterNameLimit = 32;
export const poolNameLimit = 20;

export type NameError = "empty" | "long" | "label";

/** What is wrong with a cluster name, or null. */
export const nameError = (name: string): NameError | null => labelError(name, clusterNameLimit);

/** What is wrong with the name of a node pool, or null. */
export const poolNameFault = (name: string): NameError | null => labelError(name, poolNameLimit);

function labelError(name: string, limit: number): NameError | null {
  if (name === "") return "empty";
  if (name.length > limit) return "long";
  return isLabel(name) && /^[a-z]/.test(name) ? null : "label";
}

export const isLabel = (text: string): boolean => text.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text);

const letters: Readonly<Record<NodeRole, string>> = { "control-plane": "cp", worker: "w" };

/** `n`: from 0 in each service. */
export const serviceMachineName = (kind: string, n: number): string => `${kind}${n}`;

/** `slot`: from 0 for control planes and from 1 for workers; also the machine's place among the addresses. */
export const machineName = (role: NodeRole, slot: number): string => `${letters[role]}${slot}`;

/**
 * Start of every libvirt name of a cluster. The index tells living clusters of all tenants apart; letters of the
 * cluster's id tell it from an earlier one that had the same index and may have left something behind.
 */
export function clusterPrefix(networkIndex: number, clusterId: string): string {
  const tail = clusterId
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "")
    .slice(-5)
    .padStart(5, "0");
  return `b${networkIndex.toString(36)}${tail}`;
}
