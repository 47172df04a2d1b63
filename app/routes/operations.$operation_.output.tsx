/** One output of an operation as a file, whole: what a page shows is its end. */
import type { LoaderFunctionArgs } from "@remix-run/node";
import { isOutputSource, type JournalEntry } from "#app/domain/operation/event.ts";
import { absent, actorOf, unwrap } from "./support/answers.server.ts";

const entriesPerRead = 1000;

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const actor = actorOf(context, request);
  const id = params["operation"] ?? "";
  const { searchParams } = new URL(request.url);
  const [source, machine] = [searchParams.get("source"), searchParams.get("machine") || null];
  if (!isOutputSource(source)) throw absent();
  const read = (after: number) => context.services.operations.entries(actor, id, after, entriesPerRead);
  const first = await unwrap(read(0));
  const name = ["operation", id, machine, source]
    .filter((part) => part !== null)
    .join("-")
    .replace(/[^\w.-]/g, "_");
  return new Response(textOf(first, read, { source, machine }), {
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Disposition": `attachment; filename="${name}.log"`,
      "Cache-Control": "no-store",
    },
  });
}

interface Wanted {
  readonly source: string;
  readonly machine: string | null;
}

/**
 * Read as it is taken: a long output never stands in memory as a whole. A page is the last one when it is empty: one
 * with fewer entries than were asked for may have ended at its bound of bytes.
 */
function textOf(
  first: readonly JournalEntry[],
  read: (after: number) => Promise<readonly JournalEntry[]>,
  wanted: Wanted,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let entries = first;
  return new ReadableStream({
    async pull(stream) {
      for (let last = entries.at(-1); last !== undefined; last = entries.at(-1)) {
        const text = linesOf(entries, wanted);
        entries = await read(last.seq);
        if (text !== "") return stream.enqueue(encoder.encode(text));
      }
      stream.close();
    },
  });
}

function linesOf(entries: readonly JournalEntry[], { source, machine }: Wanted): string {
  const lines = entries.flatMap(({ at, event }) =>
    event.kind === "output" && event.source === source && event.machine === machine
      ? event.lines.map((line) => `${new Date(at).toISOString()} ${line}\n`)
      : [],
  );
  return lines.join("");
}
