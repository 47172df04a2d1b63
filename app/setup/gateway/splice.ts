/** Joins two connections byte by byte, so that whatever is spoken through them (HTTP, WebSocket, TLS, SSH) passes. */
import type { Socket } from "node:net";

/** Both need `allowHalfOpen`: one side may be done while the other still speaks. */
export function splice(a: Socket, b: Socket): void {
  a.pipe(b);
  b.pipe(a);
  closeWith(a, b);
  closeWith(b, a);
}

function closeWith(closed: Socket, other: Socket): void {
  closed.on("error", () => other.destroy());
  closed.on("close", () => {
    // A side that said everything has ended the other one already, which may still be sending it: only what nobody
    // can receive any more is read away. A side that broke off takes the other with it.
    if (closed.readableEnded) other.resume();
    else other.destroy();
  });
}
