/** Names that Berth gives and accepts: RFC 1123 labels, node names, and the prefix of everything on a libvirt host. */
import type { NodeRole } from "./spec.ts";

/** Shorter than the 63 of RFC 1123: a node name and the libvirt prefix are made from it and must fit, too. */
export const clusterNameLimit = 32;

export type NameFault = "empty" | "long" | "label";

/** What is wrong with a cluster name, or null. */
export function nameFault(name: string): NameFault | null {
  if (name === "") return "empty";
  if (name.length > clusterNameLimit) return "long";
  return isLabel(name) && /^[a-z]/.test(name) ? null : "label";
}

export const isLabel = (text: string): boolean => text.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text);

/** `index` is 0 for the control plane and counts from 1 for workers; it stays the machine's own for life. */
export const nodeName = (cluster: string, role: NodeRole, index: number): string =>
  role === "control-plane" ? `${cluster}-cp${index}` : `${cluster}-w${index}`;

/** The index in a node name of this cluster, or null for a foreign name. */
export function nodeIndex(cluster: string, node: string): number | null {
  if (!node.startsWith(`${cluster}-`)) return null;
  const digits = /^(?:cp|w)(\d+)$/.exec(node.slice(cluster.length + 1))?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Names of all machines of a cluster with so many workers, the control plane first: what a key maker needs to know. */
export const nodeNames = (cluster: string, workers: number): readonly string[] => [
  nodeName(cluster, "control-plane", 0),
  ...Array.from({ length: workers }, (_, i) => nodeName(cluster, "worker", i + 1)),
];

/**
 * Start of every libvirt name of a cluster. The index tells living clusters of all tenants apart; letters of the
 * cluster's id tell it from an earlier one that had the same index and name and may have left something behind.
 */
export function clusterPrefix(networkIndex: number, clusterId: string, name: string): string {
  const tail = clusterId.toLowerCase().replace(/[^a-z0-9]/g, "").slice(-5).padStart(5, "0");
  return `b${networkIndex.toString(36)}${tail}-${name}`;
}
