/**
 * A commit whose answer was lost with the connection: it was written, or it was not, and only the server knows. It is
 * asked, so that to the callers a trouble always means that nothing of their call has happened. A server that was killed
 * may give the number of a transaction that was never written to another one; in that moment the answer is wrong.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { CommitInDoubt, type StorageTrouble, storageTroubleOf } from "#app/ports/storage-trouble.ts";

/** Runs one statement and resolves with its one text, or null. Rejects with StorageTrouble among others. */
export type AskText = (statement: string, parameters: readonly unknown[]) => Promise<string | null>;

interface Lost {
  /** On the connection that is to commit, and on one that nobody has to wait for. */
  readonly here: AskText;
  readonly elsewhere: AskText;
  readonly commit: () => Promise<void>;
}

/** A server that was killed is back, with what it had committed, within seconds. */
const patienceMs = 60_000;
const pauseMs = 100;

/** Resolves when it is committed; rejects with the trouble when it surely is not, with CommitInDoubt when nobody says. */
export async function commitForSure({ here, elsewhere, commit }: Lost): Promise<void> {
  // Null when the transaction has written nothing: then nobody cares.
  const id = await here("select pg_current_xact_id_if_assigned()::text", []);
  try {
    await commit();
  } catch (error) {
    const trouble = storageTroubleOf(error);
    if (id === null || trouble?.kind !== "unreachable") throw error;
    if (!(await wasCommitted(elsewhere, id, trouble))) throw trouble;
  }
}

async function wasCommitted(ask: AskText, id: string, trouble: StorageTrouble): Promise<boolean> {
  for (const end = performance.now() + patienceMs; performance.now() < end; await sleep(pauseMs)) {
    const status = await ask("select pg_xact_status($1::xid8)", [id]).catch(notSaid);
    if (status === "committed") return true;
    if (status === "aborted") return false;
    // Its end may still be on the way.
  }
  throw new CommitInDoubt(
    `committing to the database: the connection was lost, and whether the transaction was written is not known (${trouble.message})`,
  );
}

/** 22023: a number that the server has not given to anybody. Killed before the commit was on its disk, it has forgotten it. */
function notSaid(error: unknown): "aborted" | null {
  if (error instanceof Error && "code" in error && error.code === "22023") return "aborted";
  if (storageTroubleOf(error)?.kind === "unreachable") return null;
  throw error;
}
