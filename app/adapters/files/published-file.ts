/** The list that the launcher's gateway watches: `<home>/run/published.json`. */
import { readFile } from "node:fs/promises";
import type { PublishedPort, PublishedPorts } from "#app/ports/published-ports.ts";
import { replaceFile } from "./atomic.ts";

export function publishedFile(path: string): PublishedPorts {
  return {
    replace: async (ports) => {
      const content = `${JSON.stringify(sorted(ports), null, 2)}\n`;
      // An unchanged list is not rewritten: the gateway would look at it for nothing.
      if ((await current(path)) !== content) await replaceFile(path, content);
    },
  };
}

const sorted = (ports: readonly PublishedPort[]): readonly PublishedPort[] => [...ports].sort((a, b) => a.port - b.port);

const current = (path: string): Promise<string | null> => readFile(path, "utf8").catch(() => null);
