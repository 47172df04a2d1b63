/** Reads what virsh prints. Pure; tested with recorded output. */
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import { type Owner, ownerNamespace } from "#app/domain/cluster/ownership.ts";
import type { Inventory, InventoryMachine } from "#app/ports/hypervisor.ts";

/** What `domstats` says of a machine; its owner stands in its definition. */
type Machine = Omit<InventoryMachine, "owner">;

/** One name per line. */
export const parseNames = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** `domstats --state --balloon --vcpu`: a head line and `key=value` lines for each machine. */
export function parseMachines(text: string): readonly Machine[] {
  return text
    .split(/^Domain: /m)
    .slice(1)
    .map(parseMachine);
}

function parseMachine(block: string): Machine {
  const [head = "", ...lines] = block.split("\n");
  const values = new Map(lines.map((line) => [line.slice(0, line.indexOf("=")).trim(), line.slice(line.indexOf("=") + 1)]));
  const number = (key: string) => Number(values.get(key) ?? 0);
  return {
    name: head.trim().replace(/^'(.*)'$/, "$1"),
    state: machineState(number("state.state")),
    memoryMiB: Math.round(number("balloon.maximum") / 1024),
    vcpus: number("vcpu.current"),
  };
}

/** libvirt's virDomainState: 1 running, 2 blocked (running, waiting), 3 paused, 4 shutting down, 5 off, 6 crashed. */
function machineState(code: number): Machine["state"] {
  if (code === 1 || code === 2) return "running";
  if (code === 3) return "paused";
  if (code === 5 || code === 6) return "stopped";
  return "other";
}

const xml = new XMLParser({ ignoreAttributes: false, parseTagValue: false, attributeNamePrefix: "@" });

const definitionXml = z.record(z.string(), z.object({ metadata: z.record(z.string(), z.unknown()) }).loose());
const ownerXml = z.object({ "@tenant": z.string(), "@cluster": z.string(), "@stack": z.string(), "@machine": z.string() });

/** From the definition of a machine or network; null when it has none, or one that Berth did not write. */
export function parseOwner(text: string): Owner | null {
  const definition = definitionXml.safeParse(xml.parse(text)).data ?? {};
  const marks = Object.values(definition).flatMap(({ metadata }) => Object.entries(metadata));
  const ours = marks.find(([name, mark]) => isOwnerMark(name, mark))?.[1];
  const owner = ownerXml.safeParse(ours).data;
  if (owner === undefined) return null;
  return { tenantId: owner["@tenant"], clusterId: owner["@cluster"], stackName: owner["@stack"], machine: owner["@machine"] };
}

const networkXml = z.object({
  network: z.object({ bridge: z.object({ "@name": z.string() }).optional(), mac: z.object({ "@address": z.string() }).optional() }),
});

/** Of a network: the bridge it starts, and that bridge's address; null where libvirt has not drawn one. */
export function parseBridge(text: string): { readonly name: string; readonly mac: string } | null {
  const { bridge, mac } = networkXml.parse(xml.parse(text)).network;
  return bridge === undefined || mac === undefined ? null : { name: bridge["@name"], mac: mac["@address"] };
}

/** The prefix is anybody's choice; the name space that it stands for is not. */
function isOwnerMark(name: string, mark: unknown): boolean {
  const prefix = /^(.+):owner$/.exec(name)?.[1];
  const attributes = z.record(z.string(), z.unknown()).safeParse(mark).data;
  return prefix !== undefined && attributes?.[`@xmlns:${prefix}`] === ownerNamespace;
}

const poolXml = z.object({ pool: z.object({ name: z.string(), target: z.object({ path: z.string() }) }) });

export function parsePool(text: string): { readonly name: string; readonly folder: string } {
  const { pool } = poolXml.parse(xml.parse(text));
  return { name: pool.name, folder: pool.target.path };
}

const volumeXml = z.object({
  volume: z.object({
    name: z.string(),
    capacity: z.union([z.string(), z.object({ "#text": z.string() }).transform((c) => c["#text"])]),
    target: z.object({ path: z.string() }),
  }),
});

export function parseVolume(pool: string, text: string): Inventory["volumes"][number] {
  const { volume } = volumeXml.parse(xml.parse(text));
  return { pool, name: volume.name, path: volume.target.path, capacityBytes: Number(volume.capacity) };
}

/** `vol-list`: columns name and path; names may hold blanks, paths are absolute. */
export function parseVolumeNames(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const found = /^\s*(.+?)\s{2,}\//.exec(line) ?? /^\s*(\S+)\s+\//.exec(line);
    return found?.[1] === undefined ? [] : [found[1]];
  });
}

/** `key: value` lines, e.g. of `nodeinfo` and `version --daemon`. */
export function parseFields(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const at = line.indexOf(":");
      return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const];
    }),
  );
}

/** `24684092 KiB` → MiB. */
export const kibToMib = (text: string | undefined): number => Math.floor(Number.parseInt(text ?? "0", 10) / 1024);
