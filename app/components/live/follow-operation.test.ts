import { expect, test } from "vitest";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { closeCodes } from "#app/domain/operation/stream.ts";
import { followOperation, type Connection, type SocketEvents, type Transport } from "./follow-operation.ts";

const entry = (seq: number): JournalEntry => ({
  operationId: "op",
  seq,
  at: seq,
  event: { kind: "output", machine: null, step: null, source: "engine", lines: [`line ${seq}`] },
});
const frame = (...seqs: number[]): string => JSON.stringify({ entries: seqs.map(entry) });

type Socket = (path: string, events: SocketEvents) => number;
type Answer = { readonly status: number; readonly body: unknown } | Error;

/** Sockets and answers in the order in which they are asked for; without any left, following stops. */
function followed(sockets: Socket[], answers: Answer[] = []) {
  const seen: number[] = [];
  const connections: Connection[] = [];
  const asked: string[] = [];
  let stop = () => {};
  const finished = new Promise<void>((resolve) => {
    const end = () => {
      stop();
      resolve();
    };
    const transport: Transport = {
      socket: async (path, events) => {
        asked.push(path);
        const next = sockets.shift();
        if (next === undefined) end();
        return next === undefined ? 1006 : next(path, events);
      },
      get: async (path) => {
        asked.push(path);
        const next = answers.shift();
        if (next === undefined) end();
        if (next === undefined || next instanceof Error) throw next ?? new Error("stopped");
        return next;
      },
      pause: async () => undefined,
    };
    const onConnection = (connection: Connection) => {
      connections.push(connection);
      if (connection === "done" || connection === "ended") resolve();
    };
    // Started after `stop` is there to be called.
    queueMicrotask(() => {
      stop = followOperation(
        "op",
        { cursor: () => seen.at(-1) ?? 0, onEntries: (entries) => seen.push(...entries.map(({ seq }) => seq)), onConnection },
        transport,
      );
    });
  });
  return { finished, seen, connections, asked };
}

const refused: Socket = () => 1006;
const page = (seqs: readonly number[], over = false): Answer => ({ status: 200, body: { entries: seqs.map(entry), over } });

test("where no socket opens, the long poll brings everything to the end", async () => {
  const run = followed([refused, refused], [page([1, 2]), page([]), page([3], true)]);
  await run.finished;
  expect(run.seen).toEqual([1, 2, 3]);
  expect(run.connections).toEqual(["lost", "open", "done"]);
  expect(run.asked.slice(2)).toEqual([
    "/api/v1/operations/op/entries?after=0&limit=1000&wait=0",
    "/api/v1/operations/op/entries?after=2&limit=1000&wait=25",
    "/api/v1/operations/op/entries?after=2&limit=1000&wait=25",
  ]);
});

test("a lost socket that had opened comes back as a socket, with the cursor", async () => {
  const opened =
    (text: string, code: number): Socket =>
    (_path, { onOpen, onText }) => {
      onOpen();
      onText(text);
      return code;
    };
  const run = followed([opened(frame(1, 2), 1006), refused, opened(frame(3), closeCodes.over)]);
  await run.finished;
  expect(run.seen).toEqual([1, 2, 3]);
  expect(run.asked).toEqual(["/ws/operations/op?after=0", "/ws/operations/op?after=2", "/ws/operations/op?after=2"]);
  expect(run.connections.at(-1)).toBe("done");
});

test("a frame after a hole is left out, and what is missing is asked for", async () => {
  const run = followed([
    (_path, { onOpen, onText }) => {
      onOpen();
      expect(onText(frame(5))).toBe(false);
      return 1000;
    },
    (_path, { onText }) => {
      onText(frame(1));
      return closeCodes.over;
    },
  ]);
  await run.finished;
  expect(run.seen).toEqual([1]);
});

test("a portal that stops answering polls is tried with sockets again, and a poll says when the session is over", async () => {
  const run = followed([refused, refused, refused, refused], [page([1]), new Error("no answer"), { status: 401, body: null }]);
  await run.finished;
  expect(run.connections).toEqual(["lost", "open", "lost", "lost", "ended"]);
});

test.each([500, 502, 503])("an answer of %d to a poll is a loss, not the end", async (status) => {
  const ended: Socket = (_path, { onOpen }) => {
    onOpen();
    return closeCodes.ended;
  };
  const run = followed([refused, refused, ended], [{ status, body: null }]);
  await run.finished;
  expect(run.connections).toEqual(["lost", "lost", "open", "ended"]);
});
