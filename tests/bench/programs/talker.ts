/** A program with one command that prints the time of each line: what is measured is how long a line is under way. */
import { local } from "@pulumi/command";

export const lines = 100;

const script = `for i in $(seq ${lines}); do echo "at $(date +%s%6N)"; sleep 0.05; done`;

/** The revision is part of the command, so that each run prints again. */
export const clusterProgram = (spec: { readonly revision: number }) => (): Promise<undefined> => {
  new local.Command("talker", { create: script, update: script, triggers: [String(spec.revision)] });
  return Promise.resolve(undefined);
};

/** Milliseconds since the epoch, with fractions, at which the line was printed, or null when it is another line. */
export function printedAt(line: string): number | null {
  const found = /\bat (\d{16})\b/.exec(line);
  return found ? Number(found[1]) / 1000 : null;
}
