/**
 * R6: processor time that one event costs with a thousand or ten thousand viewers. Ours: durable journal, then every
 * viewer's socket. Reference: a bare loop over `ws` that sends one ready buffer to each. The sides take turns.
 */
import { demandWhole, openSide, type Side } from "./crowd/side.ts";
import type { Comparison } from "./report.ts";

export interface FanOutShape {
  readonly viewers: number;
  readonly perSecond: number;
  readonly events: number;
  readonly rounds: number;
}

interface Round {
  readonly cpuMs: number;
  readonly p99: number;
}

/** Processor time per event, how late the slowest hundredth is, and memory per viewer. The first round does not count. */
export async function fanOut(shape: FanOutShape): Promise<readonly Comparison[]> {
  const { viewers, perSecond } = shape;
  const sides: Side[] = [];
  const rounds: (readonly [Round, Round])[] = [];
  try {
    const ours = await openSide("portal", viewers);
    sides.push(ours);
    const bare = await openSide("bare", viewers);
    sides.push(bare);
    for (let i = 0; i <= shape.rounds; i++)
      rounds.push(i % 2 === 0 ? await pair(ours, bare, shape) : swapped(await pair(bare, ours, shape)));
    const counted = rounds.slice(1);
    const one = (id: string, title: string, unit: Comparison["unit"], values: readonly (readonly [number, number])[]): Comparison => ({
      id,
      title,
      unit,
      ours: { name: "portal", values: values.map(([a]) => a) },
      reference: { name: "bare ws loop", values: values.map(([, b]) => b) },
    });
    const crowd = `${viewers} viewers, ${perSecond} events/s`;
    return [
      one(
        "R6",
        `processor time per event, ${crowd}`,
        "ms",
        counted.map(([a, b]) => [a.cpuMs, b.cpuMs]),
      ),
      one(
        "R6",
        `slowest hundredth of deliveries, ${crowd}`,
        "ms",
        counted.map(([a, b]) => [a.p99, b.p99]),
      ),
      one("R6", `memory per viewer, ${viewers} viewers`, "KiB", [[ours.perViewerKiB, bare.perViewerKiB]]),
    ];
  } finally {
    for (const side of sides) await side.end();
  }
}

const swapped = ([a, b]: readonly [Round, Round]): readonly [Round, Round] => [b, a];

async function pair(first: Side, second: Side, shape: FanOutShape): Promise<readonly [Round, Round]> {
  return [await round(first, shape), await round(second, shape)];
}

async function round({ source, crowd }: Side, { events, perSecond }: FanOutShape): Promise<Round> {
  const before = await source.ask({ ask: "usage", tidy: false });
  const all = crowd.ask({ ask: "reach", seq: before.seq + events });
  await source.ask({ ask: "send", events, perSecond });
  const seen = await all;
  demandWhole("bench R6", seen);
  const after = await source.ask({ ask: "usage", tidy: false });
  return { cpuMs: (after.cpuUs - before.cpuUs) / 1000 / events, p99: seen.delay.p99 };
}
