/** Set-up as lines in a terminal. Pure. */
import type { Message } from "#app/domain/message/message.ts";
import type { SetupStepId, SetupStepState } from "#app/domain/setup.ts";

/** `75` → `1 min 15 s`. */
export function seconds(total: number): string {
  const whole = Math.max(0, Math.round(total));
  if (whole < 60) return `${whole} s`;
  const rest = whole % 60;
  return rest === 0 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 60)} min ${rest} s`;
}

/** An estimate as a person says it: `about 3 min`. */
export const about = (total: number): string =>
  total < 90 ? `about ${seconds(Math.ceil(total / 10) * 10)}` : `about ${Math.round(total / 60)} min`;

export function changeLine(
  id: SetupStepId,
  step: SetupStepState,
  estimateSeconds: number,
  textOf: (messages: readonly Message[]) => string,
): string {
  const name = id.padEnd(12);
  switch (step.state) {
    case "waiting":
      return `${name}waiting`;
    case "running":
      return `${name}running, ${about(estimateSeconds)} when nothing is there yet`;
    case "done":
      return `${name}done in ${seconds((step.endedAt - step.startedAt) / 1000)}: ${textOf(step.outcome)}`;
    case "failed":
      return `${name}FAILED after ${seconds((step.endedAt - step.startedAt) / 1000)}: ${textOf(step.reasons)}\n${" ".repeat(12)}to fix it: ${textOf([step.fix])}`;
  }
}

export const noteLine = (id: SetupStepId, text: string): string => `${id.padEnd(12)}${text}`;

/** Epoch milliseconds from `--started-at=…`, where the first program of this start says when it began; else `now`. */
export function startOf(args: readonly string[], now: number): number {
  const said = Number(args.find((a) => a.startsWith("--started-at="))?.slice("--started-at=".length));
  return Number.isInteger(said) && said > 0 && said <= now ? said : now;
}

/** `[ 1:05] text`, with the time since the start. */
export function stamped(startedAt: number, now: number, text: string): string {
  const total = Math.floor((now - startedAt) / 1000);
  const clock = `${Math.floor(total / 60)}:${String(total % 60).padStart(2, "0")}`;
  return `[${clock.padStart(5)}] ${text}`;
}
