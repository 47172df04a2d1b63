/**
 * One viewer's socket. Frames come ready-made and are written to the connection as they are; `ws` speaks the rest of the
 * protocol on it (pings, the closing handshake), which is safe because both write whole frames and nothing is compressed.
 */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { closeCodes } from "#app/domain/operation/stream.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { Subscriber } from "./channel.server.ts";
import type { Frame } from "./frame.server.ts";

export interface ViewerRequest {
  /** Both null: hints about every operation that the person may read. */
  readonly operationId: string | null;
  readonly tenantId: string | null;
  readonly personId: string;
  readonly address: string | null;
  readonly after: number;
}

export interface ViewerLimits {
  /** Unsent bytes at which a viewer is behind; what follows is read from the journal when it has caught up. */
  readonly highWater: number;
  /** A viewer that takes nothing for so long is closed. */
  readonly stallMs: number;
}

export class Viewer implements Subscriber {
  readonly viewing: ViewerRequest;
  /** Who looks, with the rights of the last check. */
  actor: Actor;
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #limits: ViewerLimits;
  readonly #gone: Promise<void>;
  #cursor: number;
  #alive = true;
  #written = 0;
  /** What had left the process at the last beat. */
  #leftBefore = 0;
  #wasBehind = false;

  constructor(ws: WebSocket, socket: Duplex, viewing: ViewerRequest, actor: Actor, limits: ViewerLimits) {
    this.actor = actor;
    this.#ws = ws;
    this.#socket = socket;
    this.#limits = limits;
    this.#cursor = viewing.after;
    this.viewing = viewing;
    this.#gone = new Promise((resolve) => ws.once("close", () => resolve()));
    ws.on("error", () => ws.terminate());
    ws.on("pong", () => {
      this.#alive = true;
    });
    // Answers to pings would pile up behind a viewer that sends them and reads nothing.
    ws.on("ping", (payload: Buffer) => this.#socket.writableNeedDrain || ws.pong(payload));
    ws.on("message", () => ws.close(1008, "viewers only listen"));
  }

  get cursor(): number {
    return this.#cursor;
  }

  get open(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  get gone(): Promise<void> {
    return this.#gone;
  }

  take(frame: Frame): boolean {
    const socket = this.#socket;
    if (!this.open || (socket.writableNeedDrain && socket.writableLength + frame.bytes.length > this.#limits.highWater)) return false;
    socket.write(frame.bytes);
    this.#written += frame.bytes.length;
    this.#cursor = frame.to;
    return true;
  }

  drained(): Promise<boolean> {
    if (!this.open || !this.#socket.writableNeedDrain) return Promise.resolve(this.open);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(stall);
        this.#socket.off("drain", done);
        this.#ws.off("close", done);
        resolve(this.open);
      };
      const stall = setTimeout(() => this.#cutOff(), this.#limits.stallMs);
      this.#socket.once("drain", done);
      this.#ws.once("close", done);
    });
  }

  /** Call at each ping interval: who has neither answered the last ping nor taken anything is gone. */
  beat(): void {
    const behind = this.#socket.writableNeedDrain;
    const left = this.#written - this.#socket.writableLength;
    // Only of one that is or was behind: what is written to a dead connection leaves the process for a while, too. One
    // that was behind got no ping, and has caught up since: there is no answer to wait for.
    const takes = (behind || this.#wasBehind) && left !== this.#leftBefore;
    this.#leftBefore = left;
    this.#wasBehind = behind;
    if (!this.#alive && !takes) return this.#ws.terminate();
    this.#alive = false;
    // Behind unsent frames a ping would say nothing that they do not say themselves.
    if (this.open && !behind) this.#ws.ping();
  }

  end(): void {
    this.#ws.close(closeCodes.over, "over");
  }

  fail(): void {
    this.#ws.close(1011, "reading the journal");
  }

  refuse(): void {
    this.#ws.close(closeCodes.ended, "session ended");
  }

  async goAway(graceMs: number, why: string): Promise<void> {
    this.#ws.close(closeCodes.goingAway, why);
    const timer = setTimeout(() => this.#ws.terminate(), graceMs);
    await this.#gone;
    clearTimeout(timer);
  }

  /** The close frame lies behind what is not read; it arrives only at a viewer that wakes up just then. */
  #cutOff(): void {
    this.#ws.close(closeCodes.slow, "not reading");
    setTimeout(() => this.#ws.terminate(), this.#limits.stallMs / 2).unref();
  }
}
