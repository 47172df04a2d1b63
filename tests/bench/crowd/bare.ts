/** The process of the reference: the shortest loop over `ws` that does it, without store, sessions or limits. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { answerQuestions } from "./child.ts";
import { atRate, event, type SourceAnswer, type SourceQuestion, usage } from "./source.ts";

const entries: JournalEntry[] = [];
const clients = new Set<WebSocket>();
const server = createServer().listen(0, "127.0.0.1", 20_000);
await once(server, "listening");
const wss = new WebSocketServer({ server, perMessageDeflate: false });

const frameOf = (part: readonly JournalEntry[]): Buffer => Buffer.from(JSON.stringify({ entries: part }));

wss.on("connection", (ws, request) => {
  const missed = entries.slice(Number(new URL(request.url ?? "", "http://bare").searchParams.get("after")));
  if (missed.length > 0) ws.send(frameOf(missed), { binary: false });
  clients.add(ws);
  ws.on("close", () => clients.delete(ws));
  ws.on("error", () => ws.terminate());
});

function broadcast(): void {
  const entry: JournalEntry = { operationId: "00000000-0000-7000-8000-000000000001", seq: entries.length + 1, at: Date.now(), event };
  entries.push(entry);
  const frame = frameOf([entry]);
  for (const ws of clients) ws.send(frame, { binary: false });
}

const { port } = server.address() as AddressInfo;

answerQuestions<SourceQuestion, SourceAnswer>(async (question) => {
  if (question.ask === "send") await atRate(question.events, question.perSecond, async () => broadcast());
  return { stream: { port, path: "/", token: "none" }, seq: entries.length, ...usage(question.ask === "usage" && question.tidy) };
});
