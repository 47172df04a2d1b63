/** Ports of the portal's machine that lead to a cluster. */
import { apiPort, portsPerCluster, sshPort } from "#app/domain/network/addresses.ts";
import { slotOf } from "./new-machine.ts";
import { range } from "./range.ts";
import { type MachineSpec, networkOf, type Publication } from "./spec.ts";
import type { AddressSettings, Revision } from "./spec-input.ts";

export const kubernetesPort = 6443;
const ssh = 22;

interface PortPlace {
  readonly settings: Pick<AddressSettings, "portBase">;
  readonly networkIndex: number;
  readonly cidr: string;
}

/** `api`: where the port of the API server leads; null: there is none. */
export function publications(
  { settings, networkIndex, cidr }: PortPlace,
  machines: readonly MachineSpec[],
  api: Pick<Publication, "machine"> | null,
): readonly Publication[] {
  const sshOf = (m: MachineSpec): Publication => ({
    port: sshPort(settings.portBase, networkIndex, m.role, slotOf(cidr, m)),
    machine: m.name,
    target: ssh,
    purpose: "ssh",
  });
  const toApi: readonly Publication[] =
    api === null ? [] : [{ port: apiPort(settings.portBase, networkIndex), machine: api.machine, target: kubernetesPort, purpose: "api" }];
  return [...toApi, ...machines.map(sshOf)];
}

/** What is published stays as it is; machines that are new get their ports. */
export function keptPublications(
  { previous, live, settings, networkIndex }: Revision,
  machines: readonly MachineSpec[],
): readonly Publication[] {
  const known = [...previous.published, ...(live?.published ?? [])];
  const fresh = publications({ settings, networkIndex, cidr: networkOf(previous).cidr }, machines, null);
  const api = previous.published.filter((p) => p.purpose === "api");
  const kept = fresh.flatMap((p) => known.find((k) => k.purpose === "ssh" && k.machine === p.machine) ?? []);
  const taken = new Set([...api, ...kept].map((p) => p.port));
  const block = range(apiPort(settings.portBase, networkIndex) + 1, portsPerCluster - 1);
  return [
    ...api,
    ...fresh.map((p) => kept.find((k) => k.machine === p.machine) ?? { ...p, port: takeFreePort(p.port, block, taken, known) }),
  ];
}

/** While all machines are replaced, slots reach beyond the cluster's block of ports: then one is taken that another slot has left. */
function takeFreePort(usual: number, block: readonly number[], taken: Set<number>, known: readonly Publication[]): number {
  const free = [usual, ...block].filter((port) => block.includes(port) && !taken.has(port));
  const port = free.find((p) => !known.some((k) => k.port === p)) ?? free[0];
  if (port === undefined) throw new Error("publishing SSH: the cluster's ports are used up");
  taken.add(port);
  return port;
}
