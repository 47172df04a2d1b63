/**
 * R11: every viewer is cut off at once, entries are written meanwhile, and all come back at once with their cursors. The
 * time is from the first coming back until everybody has seen everything; the reference sends what was missed from memory
 * and asks nobody who they are.
 */
import { demandWhole, openSide, type Side } from "./crowd/side.ts";
import type { Comparison } from "./report.ts";

export interface StormShape {
  readonly viewers: number;
  /** Entries written while everybody is away. */
  readonly missed: number;
  readonly rounds: number;
}

export async function storm({ viewers, missed, rounds }: StormShape): Promise<Comparison> {
  const sides: Side[] = [];
  const [ours, reference]: [number[], number[]] = [[], []];
  try {
    sides.push(await openSide("portal", viewers));
    sides.push(await openSide("bare", viewers));
    for (let i = 0; i <= rounds; i++) {
      for (const [at, side] of sides.entries()) {
        const seconds = await cutAndReturn(side, missed);
        if (i > 0) (at === 0 ? ours : reference).push(seconds);
      }
    }
  } finally {
    for (const side of sides) await side.end();
  }
  return {
    id: "R11",
    title: `reconnect storm: ${viewers} viewers back and caught up on ${missed} entries, none lost, none twice`,
    unit: "s",
    ours: { name: "portal", values: ours },
    reference: { name: "bare ws server", values: reference },
  };
}

async function cutAndReturn({ source, crowd }: Side, missed: number): Promise<number> {
  await crowd.ask({ ask: "drop" });
  const { seq } = await source.ask({ ask: "send", events: missed, perSecond: 2_000 });
  const back = await crowd.ask({ ask: "return", seq });
  demandWhole("bench R11", back);
  return back.ms / 1000;
}
