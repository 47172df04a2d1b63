/** Which steps start now: pure. */
import type { SetupStepId, SetupStepState } from "#app/domain/setup.ts";
import type { Step } from "./step.ts";

type States = ReadonlyMap<SetupStepId, SetupStepState["state"]>;
type Ordered = Pick<Step, "id" | "needs" | "weight">;

/**
 * The page must be up soon, so a `first` step runs alone; then light steps run side by side, and as many heavy ones as
 * memory allows, in the order given. A step whose need has failed stays waiting.
 */
export function nextSteps<T extends Ordered>(steps: readonly T[], states: States, heavyAtOnce = 1): readonly T[] {
  const is = (step: Ordered, state: SetupStepState["state"]) => (states.get(step.id) ?? "waiting") === state;
  const first = steps.find((s) => s.weight === "first" && !is(s, "done") && !is(s, "failed"));
  if (first !== undefined) return is(first, "waiting") ? [first] : [];
  const present = new Set(steps.map((s) => s.id));
  const able = (step: Ordered) => step.needs.every((id) => !present.has(id) || states.get(id) === "done");
  const startable = steps.filter((s) => is(s, "waiting") && able(s));
  const running = steps.filter((s) => s.weight === "heavy" && is(s, "running")).length;
  const heavy = startable.filter((s) => s.weight === "heavy").slice(0, Math.max(0, heavyAtOnce - running));
  return [...startable.filter((s) => s.weight === "light"), ...heavy];
}

/** What two builds with Go's compiler and linker hold together, with something left for the machine itself. */
const memoryForTwo = 6 * 1024 ** 3;

/**
 * The engine waits for the network and for its linker, the image for Debian's packages and for its disk: side by side they
 * keep the processors busy. `freeBytes`: of memory.
 */
export const heavyAtOnceWith = (freeBytes: number): number => (freeBytes >= memoryForTwo ? 2 : 1);
