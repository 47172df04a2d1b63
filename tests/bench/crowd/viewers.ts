/** The process of a crowd of viewers. */
import { answerQuestions } from "./child.ts";
import { type Stream, type Tally, Watcher } from "./watcher.ts";

export type CrowdQuestion =
  /** Opens viewers, a hundred at a time. */
  | { readonly ask: "open"; readonly stream: Stream; readonly viewers: number; readonly after: number }
  /** Waits until every viewer has seen this entry. */
  | { readonly ask: "reach"; readonly seq: number }
  /** Every connection is lost at once. */
  | { readonly ask: "drop" }
  /** All come back at once, each with its cursor, and see this entry. */
  | { readonly ask: "return"; readonly seq: number };

export interface CrowdAnswer {
  /** Milliseconds the question took. */
  readonly ms: number;
  /** Since the last answer. */
  readonly lost: number;
  readonly repeated: number;
  readonly delay: { readonly p50: number; readonly p99: number };
  readonly lineDelays: readonly number[];
}

const tally: Tally = { lost: 0, repeated: 0, delays: [], lineDelays: [] };
const watchers: Watcher[] = [];
const openAtOnce = 100;

let goal = Number.POSITIVE_INFINITY;
let onGoal: () => void = () => undefined;
let missing = 0;

function onProgress(this: void, watcher: Watcher, before: number): void {
  if (before < goal && watcher.cursor >= goal && --missing === 0) onGoal();
}

/** Ends the bench: figures of a crowd that shrank would be wrong. */
function fail(error: Error): void {
  console.error("a crowd of viewers:", error.message);
  process.exit(1);
}

function add({ stream, viewers, after }: Extract<CrowdQuestion, { ask: "open" }>): void {
  for (let i = 0; i < viewers; i++) {
    let before = after;
    const watcher: Watcher = new Watcher(
      stream,
      after,
      tally,
      () => {
        onProgress(watcher, before);
        before = watcher.cursor;
      },
      fail,
    );
    watchers.push(watcher);
  }
}

function reach(seq: number): Promise<void> {
  goal = seq;
  missing = watchers.filter((w) => w.cursor < seq).length;
  if (missing === 0) return Promise.resolve();
  return new Promise((resolve) => {
    onGoal = resolve;
  });
}

async function act(question: CrowdQuestion): Promise<void> {
  switch (question.ask) {
    case "open":
      add(question);
      for (let at = 0; at < watchers.length; at += openAtOnce) await Promise.all(watchers.slice(at, at + openAtOnce).map((w) => w.open()));
      return;
    case "reach":
      return reach(question.seq);
    case "drop":
      for (const watcher of watchers) watcher.drop();
      return;
    case "return": {
      const all = reach(question.seq);
      await Promise.all(watchers.map((w) => w.open()));
      return all;
    }
  }
}

function quantileOf(counts: readonly number[], q: number): number {
  const all = counts.reduce((sum, n) => sum + (n ?? 0), 0);
  let passed = 0;
  return counts.findIndex((n) => {
    passed += n ?? 0;
    return passed >= q * all && all > 0;
  });
}

answerQuestions<CrowdQuestion, CrowdAnswer>(async (question) => {
  const began = performance.now();
  await act(question);
  const answer = {
    ms: performance.now() - began,
    lost: tally.lost,
    repeated: tally.repeated,
    delay: { p50: quantileOf(tally.delays, 0.5), p99: quantileOf(tally.delays, 0.99) },
    lineDelays: tally.lineDelays.splice(0),
  };
  tally.lost = 0;
  tally.repeated = 0;
  tally.delays.length = 0;
  return answer;
});
