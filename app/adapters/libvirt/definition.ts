/** Reads a machine's definition (`virsh dumpxml --inactive`). Pure; tested with recorded output. */
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import type { MachineSeen } from "#app/domain/drift/find-drift.ts";

const lists = ["domain.devices.disk", "domain.devices.interface"];
const xml = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  attributeNamePrefix: "@",
  isArray: (_name, path) => lists.includes(String(path)),
});

const text = z.union([z.string(), z.object({ "#text": z.string() }).transform((t) => t["#text"])]);
const amount = z.union([
  z.string().transform((value) => ({ value, unit: "KiB" })),
  z.object({ "#text": z.string(), "@unit": z.string().default("KiB") }).transform((t) => ({ value: t["#text"], unit: t["@unit"] })),
]);

const schema = z.object({
  domain: z.object({
    memory: amount,
    vcpu: text,
    devices: z.object({
      disk: z
        .array(
          z.looseObject({
            source: z
              .looseObject({ "@file": z.string().optional(), "@pool": z.string().optional(), "@volume": z.string().optional() })
              .optional(),
          }),
        )
        .default([]),
      interface: z
        .array(
          z.looseObject({
            mac: z.object({ "@address": z.string() }).optional(),
            source: z.looseObject({ "@network": z.string().optional() }).optional(),
          }),
        )
        .default([]),
    }),
  }),
});

const kibPer: Readonly<Record<string, number>> = {
  KiB: 1,
  k: 1,
  MiB: 1024,
  M: 1024,
  GiB: 1024 ** 2,
  G: 1024 ** 2,
  b: 1 / 1024,
  bytes: 1 / 1024,
};

/** A disk from a pool is given as `<pool>/<volume>`. */
export function parseDefinition(document: string): NonNullable<MachineSeen["defined"]> {
  const { memory, vcpu, devices } = schema.parse(xml.parse(document)).domain;
  return {
    memoryMiB: Math.round((Number(memory.value) * (kibPer[memory.unit] ?? 1)) / 1024),
    vcpus: Number(vcpu),
    diskPaths: devices.disk.flatMap(({ source }) => pathOf(source?.["@file"], source?.["@pool"], source?.["@volume"])),
    networks: devices.interface.map((i) => ({ network: i.source?.["@network"] ?? "", mac: i.mac?.["@address"] ?? "" })),
  };
}

function pathOf(file: string | undefined, pool: string | undefined, volume: string | undefined): readonly string[] {
  if (file !== undefined) return [file];
  return pool === undefined || volume === undefined ? [] : [`${pool}/${volume}`];
}

/** `domiflist` of a running machine: columns interface, type, source, model, MAC. */
export const parseInterfaces = (text: string): readonly { readonly device: string; readonly source: string }[] =>
  text.split("\n").flatMap((line) => {
    const [device, type, source] = line.trim().split(/\s+/);
    return device === undefined || source === undefined || type !== "network" || device === "-" ? [] : [{ device, source }];
  });
