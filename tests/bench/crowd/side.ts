/** One side of a fan-out bench: a source in one process, its crowd in another. */
import { type Child, startChild } from "./child.ts";
import type { SourceAnswer, SourceQuestion } from "./source.ts";
import type { CrowdAnswer, CrowdQuestion } from "./viewers.ts";

export interface Side {
  readonly source: Child<SourceQuestion, SourceAnswer>;
  readonly crowd: Child<CrowdQuestion, CrowdAnswer>;
  /** Memory that one open viewer adds to the source, in KiB. */
  readonly perViewerKiB: number;
  end(): Promise<void>;
}

export async function openSide(module: "portal" | "bare", viewers: number): Promise<Side> {
  const source = await startChild<SourceQuestion, SourceAnswer>(new URL(`./${module}.ts`, import.meta.url));
  const crowd = await startChild<CrowdQuestion, CrowdAnswer>(new URL("./viewers.ts", import.meta.url));
  const before = await source.ask({ ask: "usage", tidy: true });
  await crowd.ask({ ask: "open", stream: before.stream, viewers, after: 0 });
  const after = await source.ask({ ask: "usage", tidy: true });
  return {
    source,
    crowd,
    perViewerKiB: (after.pssKiB - before.pssKiB) / viewers,
    end: async () => {
      await crowd.end();
      await source.end();
    },
  };
}

/** Every entry once and in order, or the figures mean nothing. */
export function demandWhole(what: string, { lost, repeated }: CrowdAnswer): void {
  if (lost > 0 || repeated > 0) throw new Error(`${what}: ${lost} entries lost, ${repeated} seen twice`);
}
