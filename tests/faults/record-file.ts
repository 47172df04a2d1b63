/**
 * The file that the tests of one run add their lines to. Kept (`npm run faults -- --record FILE`), it is also what a later
 * run continues from: points that held are not tried again.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { z } from "zod";

const Violation = z.object({ promise: z.string(), says: z.string() });

/** The commit the suite ran on, shortened; `-dirty` when files differed from it. */
const Tree = z.string();

const Tried = z.object({
  /** A kill point is a process killed at a place of a run; everything else is a fault. */
  kind: z.enum(["kill", "fault"]),
  /** What was done, e.g. `SIGKILL of worker`. */
  what: z.string(),
  /** Where, e.g. `create of machines, entry 12`. */
  where: z.string(),
  seed: z.number(),
  tree: Tree,
  violations: z.array(Violation),
  /** Figures worth keeping, e.g. milliseconds to the first progress. */
  measured: z.record(z.string(), z.number()),
});

/** A point of a list whose test passed. */
const Held = z.object({ kind: z.literal("held"), point: z.string(), seed: z.number(), tree: Tree });

const Line = z.discriminatedUnion("kind", [Tried, Held]);
export type TriedLine = z.infer<typeof Tried>;
export type HeldLine = z.infer<typeof Held>;

export const linesIn = (text: string): readonly (TriedLine | HeldLine)[] =>
  text
    .split("\n")
    .filter((l) => l !== "")
    .map((l) => Line.parse(JSON.parse(l)));

const file = process.env.BERTH_FAULTS_REPORT;
const tree = process.env.BERTH_FAULTS_TREE ?? "unknown";

export function addLine(line: Omit<TriedLine, "tree"> | Omit<HeldLine, "tree">): void {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ ...line, tree })}\n`);
}

/** Points of this seed that held when this process began. */
export function heldBefore(seed: number): ReadonlySet<string> {
  if (file === undefined || !existsSync(file)) return new Set();
  return new Set(linesIn(readFileSync(file, "utf8")).flatMap((l) => (l.kind === "held" && l.seed === seed ? [l.point] : [])));
}
