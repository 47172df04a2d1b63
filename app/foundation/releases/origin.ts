/** Where the programs of a part came from. Kept beside them in the cache, and in the manifest of what they go into. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { forLogs, type Message, message, type MessageCode, storedMessage, type StoredMessage } from "#app/domain/message/message.ts";

export type Origin = { readonly part: string; readonly version: string } & (
  | {
      readonly from: "release";
      readonly url: string;
      /** `sha256:…` or `sha512:…`, of the file at the URL. */
      readonly checksum: string;
      /** The public record of that checksum. */
      readonly checksumSource: string;
    }
  | {
      readonly from: "source";
      /** Null: of an earlier version, which compiled everything. */
      readonly reason: StoredMessage | null;
    }
);

const part = { part: z.string(), version: z.string() };

export const origin: z.ZodType<Origin> = z.discriminatedUnion("from", [
  z.strictObject({ ...part, from: z.literal("release"), url: z.string(), checksum: z.string(), checksumSource: z.string() }),
  z.strictObject({ ...part, from: z.literal("source"), reason: storedMessage.nullable() }),
]);

const fileName = "origin.json";

export const writeOrigin = async (folder: string, o: Origin): Promise<void> =>
  await writeFile(join(folder, fileName), `${JSON.stringify(o, null, 2)}\n`);

/** Of programs in the cache. */
export async function readOrigin(folder: string, part: string, version: string): Promise<Origin> {
  const text = await readFile(join(folder, fileName), "utf8").catch(() => null);
  if (text === null) return { part, version, from: "source", reason: null };
  return origin.parse(JSON.parse(text));
}

export type OriginNote = StoredMessage;

/** What is said while set-up runs. */
export const originNote = (o: Origin): OriginNote | null =>
  o.from === "release" ? message("part-released", { part: o.part, version: o.version, url: o.url }) : o.reason;

export const noteForLogs = ({ code, params }: OriginNote): string => forLogs({ code: code as MessageCode, params });

/** Reasons that hold on every machine with these settings: a summary need not repeat them. */
const expected: readonly MessageCode[] = ["part-own-program", "part-no-checksum", "part-not-pinned", "releases-off"];

/** What is said when set-up is done: one list each, and why something was compiled that is released. */
export function originSummary(origins: readonly Origin[]): readonly Message[] {
  const names = (from: Origin["from"]) => origins.filter((o) => o.from === from).map((o) => `${o.part} ${o.version}`);
  const [taken, built] = [names("release"), names("source")];
  const reasons = origins.flatMap((o) => (o.from === "source" && o.reason !== null ? [o.reason as Message] : []));
  return [
    ...(taken.length > 0 ? [message("parts-released", { names: taken })] : []),
    ...(taken.length > 0 && built.length > 0 ? [message("parts-compiled", { names: built })] : []),
    ...reasons.filter(({ code }) => !expected.includes(code)),
  ];
}
