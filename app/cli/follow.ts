/** Following an operation by its journal until it is over, across restarts of the portal. */
import { setTimeout as sleep } from "node:timers/promises";
import { plainLines } from "#app/domain/text/plain-lines.ts";
import { waitBeforeReturn } from "#app/domain/operation/stream.ts";
import { type EntriesAnswer, type EntryAnswer, kindOf, type OperationAnswer } from "./answers.ts";
import { ApiProblem, type Client } from "./client.ts";
import { Ending, exitCodes } from "./exit-codes.ts";
import { watchInterruption } from "./interruption.ts";
import { clock, say } from "./output.ts";

const pageSize = 500;

/**
 * Prints what happens to standard error and resolves with the finished operation; `output` shows command output too.
 * `now`: milliseconds of a clock that does not jump.
 */
export async function follow(
  client: Client,
  id: string,
  show: { readonly output: boolean },
  now: () => number = () => performance.now(),
): Promise<OperationAnswer> {
  const operation = () => patient(() => client.get<OperationAnswer>(`/operations/${id}`), now);
  const interruption = watchInterruption(id, now, async () => (await operation()).turn ?? "berth");
  let cursor = 0;
  let began: number | null = null;
  for (;;) {
    const ask = () => client.get<EntriesAnswer>(`/operations/${id}/entries?after=${cursor}&wait=25&limit=${pageSize}`);
    const page = await (cursor === 0 ? ask() : patient(ask, now, interruption.lost));
    for (const entry of page.entries) {
      began ??= entry.at;
      for (const line of linesOf(entry, show.output)) say(`${clock((entry.at - began) / 1000).padStart(7)}  ${plainLines(line)}`);
    }
    cursor = page.cursor;
    if (page.over) return await operation();
    await interruption.heard(page.entries, page.entries.length === pageSize);
  }
}

const longestAbsenceMs = 5 * 60_000;

/** A portal that answered before and is away now is waited for: nothing is lost, the cursor knows where to continue. */
async function patient<T>(ask: () => Promise<T>, now: () => number, lost: () => void = () => undefined): Promise<T> {
  const until = now() + longestAbsenceMs;
  for (let losses = 1; ; losses += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error) || now() > until) throw error;
      lost();
      if (losses === 1) say("the portal does not answer; waiting for it");
      await sleep(waitBeforeReturn(losses, Math.random()));
    }
  }
}

const isAway = (error: unknown): boolean =>
  (error instanceof Ending && error.exitCode === exitCodes.unreachable) || (error instanceof ApiProblem && error.status >= 500);

function linesOf({ event }: EntryAnswer, output: boolean): readonly string[] {
  switch (event.kind) {
    case "state":
      return [event.reason === null ? event.to : `${event.to}: ${event.reason}`];
    case "step":
      return event.status === "running"
        ? []
        : [`${event.status === "done" ? "✔" : "✘"} ${event.step.phase}: ${event.step.name} (${event.change})`];
    case "output":
      return output ? event.lines.map((line) => `  ${event.machine ?? event.source} | ${line}`) : [];
    case "notice":
      return event.level === "note" ? [] : [`${event.level}: ${event.message}`];
    case "cancel-requested":
      return [`cancel requested by ${event.by}`];
    case "failure":
      return [`failure: ${event.failure.message}`, ...event.failure.lastOutput.map((line) => `  | ${line}`)];
    case "summary":
      return [`${event.result} in ${clock(event.seconds)}`];
    case "truncated":
      return [`(${event.lines} lines of output were left out)`];
    case "cancel-rung":
      return [`cancelling: ${event.rung}`, ...event.stays.map((what) => `  there is: ${what}`)];
    case "recovery":
      return ["repaired what an interrupted run left", ...event.did.map((what) => `  ${what}`)];
    case "waiting":
      return [`waiting (${event.reason}): ${event.detail}`];
    case "going-on":
      return ["continuing"];
    case "expected":
    case "planned":
      return [];
  }
}

/** As `follow`, but everything except success ends the program. */
export async function followToSuccess(client: Client, id: string): Promise<OperationAnswer> {
  const operation = await follow(client, id, { output: false });
  if (operation.state === "succeeded") return operation;
  const reason = operation.failure === null ? "" : `: ${operation.failure.message}`;
  throw new Ending(exitCodes.failed, `the ${kindOf(operation)} of ${operation.cluster} ${operation.state}${reason}`);
}
