/** Following an operation by its journal until it is over. */
import type { JournalEntry } from "#app/domain/operation/event.ts";
import type { EntriesAnswer, OperationAnswer } from "./answers.ts";
import type { Client } from "./client.ts";
import { Ending, exitCodes } from "./exit-codes.ts";
import { clock, say } from "./output.ts";

const pageSize = 500;

/** Prints what happens to standard error and resolves with the finished operation; `output` shows command output too. */
export async function follow(client: Client, id: string, show: { readonly output: boolean }): Promise<OperationAnswer> {
  let cursor = 0;
  let began: number | null = null;
  for (;;) {
    const page = await client.get<EntriesAnswer>(`/operations/${id}/entries?after=${cursor}&wait=25&limit=${pageSize}`);
    for (const entry of page.entries) {
      began ??= entry.at;
      for (const line of linesOf(entry, show.output)) say(`${clock((entry.at - began) / 1000).padStart(7)}  ${line}`);
    }
    cursor = page.cursor;
    if (page.over) return client.get<OperationAnswer>(`/operations/${id}`);
    if (page.entries.length < pageSize && endsInterrupted(page.entries)) throw new Ending(exitCodes.failed, `operation ${id} was interrupted. Go on with: berth operation resume ${id} --wait`);
  }
}

/** An interruption that was resumed afterwards is history. */
function endsInterrupted(entries: readonly JournalEntry[]): boolean {
  const last = entries.findLast(({ event }) => event.kind === "state")?.event;
  return last?.kind === "state" && last.to === "interrupted";
}

function linesOf({ event }: JournalEntry, output: boolean): readonly string[] {
  switch (event.kind) {
    case "state":
      return [event.reason === null ? event.to : `${event.to}: ${event.reason}`];
    case "step":
      return event.status === "running" ? [] : [`${event.status === "done" ? "✔" : "✘"} ${event.step.phase}: ${event.step.name} (${event.change})`];
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
  throw new Ending(exitCodes.failed, `the ${operation.kind} of ${operation.cluster} ${operation.state}${reason}`);
}
