import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import type { Frame } from "./frame.server.ts";
import { Viewer } from "./viewer.server.ts";

const viewing = { operationId: "op", tenantId: "t", personId: "p", address: null, after: 0 };
const actor = { personId: "p", name: "p", operator: false, memberships: {} };
const frame = (to: number): Frame => ({ from: to - 1, to, bytes: Buffer.alloc(1_000), state: null });

/** A connection whose other side takes what it is told to take. */
function connect() {
  const seen = { pings: 0, ended: false };
  const ws = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    ping: () => {
      seen.pings += 1;
    },
    terminate: () => {
      seen.ended = true;
    },
  });
  const socket = { writableNeedDrain: false, writableLength: 0, write: () => true };
  const viewer = new Viewer(ws as unknown as WebSocket, socket as unknown as Duplex, viewing, actor, {
    highWater: 100_000,
    stallMs: 60_000,
  });
  return {
    seen,
    beat: () => viewer.beat(),
    answer: () => void ws.emit("pong"),
    write: () => viewer.take(frame(1)),
    /** How much waits to be sent, and whether that is too much. */
    waits: (bytes: number) => Object.assign(socket, { writableLength: bytes, writableNeedDrain: bytes > 0 }),
  };
}

describe("the beat of a viewer's connection", () => {
  it("keeps one that answers, and ends one that does not", () => {
    const c = connect();
    for (let i = 0; i < 3; i++) {
      c.beat();
      c.answer();
    }
    expect(c.seen).toEqual({ pings: 3, ended: false });
    c.beat();
    c.beat();
    expect(c.seen).toEqual({ pings: 4, ended: true });
  });

  it("keeps one that was behind at a beat, and so got no ping, and has caught up by the next", () => {
    const c = connect();
    c.write();
    c.waits(1_000);
    c.beat();
    expect(c.seen.pings).toBe(0);
    c.waits(0);
    c.beat();
    expect(c.seen).toEqual({ pings: 1, ended: false });
    c.answer();
    c.beat();
    expect(c.seen.ended).toBe(false);
  });

  it("ends one that is behind and takes nothing from one beat to the next", () => {
    const c = connect();
    c.write();
    c.waits(1_000);
    c.beat();
    expect(c.seen.ended).toBe(false);
    c.beat();
    expect(c.seen.ended).toBe(true);
  });
});
