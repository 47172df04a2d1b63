/** The fixture portal's sockets: an operation's page gets what its first paint leaves out, pages with lists get hints. */
import type { Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { isOver } from "#app/domain/operation/operation.ts";
import { closeCodes } from "#app/domain/operation/stream.ts";
import type { OperationView } from "#app/services/portal.ts";

export interface FixtureSockets {
  /** Cuts every socket, as a restart of the portal does. */
  drop(): void;
  /** Tells every page with lists that something changed. */
  hint(): void;
  /** Resolves when the next page with lists listens. */
  listening(): Promise<void>;
  close(): void;
}

export type FindOperation = (id: string) => Promise<OperationView | undefined>;

const socketPaths = /^\/ws\/(?:changes$|operations\/([^/]+)$)/;

/** Takes the portal's own paths only: a development server has sockets of its own on the same port. */
export function serveSockets(server: Server, find: FindOperation): FixtureSockets {
  const sockets = new WebSocketServer({ noServer: true });
  const hinted = new Set<WebSocket>();
  const onListening = new Set<() => void>();
  server.on("upgrade", (request, stream, head) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://fixture");
    const found = socketPaths.exec(pathname);
    if (found === null) return;
    sockets.handleUpgrade(request, stream, head, (socket) => {
      if (found[1] !== undefined) return void sendOperation(socket, find, found[1], Number(searchParams.get("after")));
      hinted.add(socket.once("close", () => hinted.delete(socket)));
      for (const tell of onListening) tell();
      onListening.clear();
    });
  });
  return {
    drop: () => sockets.clients.forEach((socket) => void socket.terminate()),
    hint: () => hinted.forEach((socket) => void socket.send('{"changed":true}')),
    listening: () => new Promise((resolve) => onListening.add(resolve)),
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}

/** Everything after the cursor, then the close that an operation that is over ends with. */
async function sendOperation(socket: WebSocket, find: FindOperation, id: string, after: number): Promise<void> {
  const operation = await find(id);
  const entries = operation?.entries.filter((entry) => entry.seq > after) ?? [];
  if (entries.length > 0) socket.send(JSON.stringify({ entries }));
  if (operation === undefined || isOver(operation.state)) socket.close(closeCodes.over);
}
