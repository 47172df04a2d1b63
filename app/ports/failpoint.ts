/**
 * Named places where the fault suite ends, stops or fails a process: the narrow windows (between a commit and its answer,
 * between reading and sending) that no killing from outside hits reliably. Nothing happens anywhere unless the process was
 * started with BERTH_TESTS=1 and BERTH_FAILPOINTS, a comma-separated list of `name=kill|stop|throw[@n]`: at the n-th
 * passage (the first unless given) it gets SIGKILL, gets SIGSTOP, or throws {@link FailpointHit}.
 */

export const failpointNames = [
  // The transactions of the operation store and the journal; `after`: committed, and nobody has been told.
  "submit.before-commit",
  "submit.after-commit",
  "claim.before-commit",
  "claim.after-commit",
  "append.before-commit",
  "append.after-commit",
  "finish.before-commit",
  "finish.after-commit",
  "resume.before-commit",
  "resume.after-commit",
  "cancel.before-commit",
  "cancel.after-commit",
  // A run, seen from the worker.
  "run.claimed",
  "run.before-engine",
  "run.after-engine",
  "run.before-finish",
  "recover.begun",
  "recover.before-interrupt",
  // A run, seen from the engine's child.
  "child.begun",
  "child.before-deliver",
  "child.after-deliver",
  "child.before-result",
  "console.before-offsets",
  "console.after-offsets",
  // Answers to people.
  "answer.before-send",
  "socket.before-read",
  "socket.before-send",
  "socket.after-send",
] as const;

export type FailpointName = (typeof failpointNames)[number];
type Effect = "kill" | "stop" | "throw";

interface Armed {
  readonly effect: Effect;
  /** Passages until it happens. */
  left: number;
}

/** Thrown by a failpoint armed with `throw`: stands for any unexpected error at that place. */
export class FailpointHit extends Error {
  override readonly name = "FailpointHit";
}

/** What a setting like `append.after-commit=kill@3` arms. Throws a sentence for a name or an effect that does not exist. */
export function readFailpoints(setting: string): ReadonlyMap<FailpointName, Armed> {
  const parts = setting.split(",").filter((p) => p.trim() !== "");
  return new Map(parts.map((part) => readOne(part.trim())));
}

function readOne(part: string): [FailpointName, Armed] {
  const [, word, effect, nth] = /^([a-z.-]+)=(kill|stop|throw)(?:@([1-9]\d*))?$/.exec(part) ?? [];
  const name = failpointNames.find((n) => n === word);
  if (name === undefined) throw new Error(`reading BERTH_FAILPOINTS: "${part}" names no failpoint and effect`);
  return [name, { effect: effect as Effect, left: Number(nth ?? 1) }];
}

const armed = process.env.BERTH_TESTS === "1" ? readFailpoints(process.env.BERTH_FAILPOINTS ?? "") : new Map<FailpointName, Armed>();

/** Passes this place. Costs one check-up in an empty map where nothing is armed. */
export function failpoint(name: FailpointName): void {
  const point = armed.size === 0 ? undefined : armed.get(name);
  if (point === undefined || --point.left !== 0) return;
  switch (point.effect) {
    case "kill":
      return end(name, "SIGKILL");
    case "stop":
      return end(name, "SIGSTOP");
    case "throw":
      tell(name, "throws");
      throw new FailpointHit(`failpoint ${name}`);
  }
}

function end(name: FailpointName, signal: "SIGKILL" | "SIGSTOP"): void {
  tell(name, signal);
  process.kill(process.pid, signal);
}

/** Goes out first, and at once (pipes are written synchronously): the test reads there that the place was reached. */
const tell = (name: FailpointName, what: string): boolean => process.stderr.write(`failpoint ${name} ${what}\n`);
