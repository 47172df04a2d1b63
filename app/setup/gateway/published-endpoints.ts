/**
 * Endpoints of guests that are published on this machine: `<home>/run/published.json`, written by the portal, followed
 * by the gateway. The connector serves nothing that is not in it.
 */
import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";

const Port = z.int().min(1).max(65_535);

const Published = z.array(
  z.object({
    /** On this machine. */
    port: Port,
    /** Address of the guest. */
    host: z.union([z.ipv4(), z.ipv6()]),
    targetPort: Port,
  }),
);
export type PublishedEndpoint = z.infer<typeof Published>[number];

export const publishedFile = (home: string): string => join(home, "run", "published.json");

/** What is published now; nothing when the file is not there. Rejects when the file is not what it should be. */
export async function readPublished(file: string): Promise<readonly PublishedEndpoint[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "[]";
    throw error;
  });
  return Published.parse(JSON.parse(text));
}

/** Calls `onChange` whenever the file is replaced. Its folder must exist. */
export function watchPublished(file: string, onChange: () => void): { readonly close: () => void } {
  const watcher = watch(dirname(file), (_, name) => {
    if (name === null || name === basename(file)) onChange();
  });
  return { close: () => watcher.close() };
}
