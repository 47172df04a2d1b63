/**
 * One viewer of one operation: sends what lies after its cursor whenever it is woken, and closes when the operation is
 * over and everything was sent. A viewer that reads slowly is waited for; meanwhile nothing piles up, because what it
 * missed is read from the journal afterwards.
 */
import type { WebSocket } from "ws";
import { isOver } from "#app/domain/operation/operation.ts";
import { closeCodes } from "#app/domain/operation/stream.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { Feed } from "./feed.server.ts";

export interface ViewerDeps {
  readonly operations: OperationStore;
  readonly feed: Feed;
  readonly onError: (error: unknown, doing: string) => void;
  /** Unsent bytes at which sending pauses. */
  readonly highWater: number;
  /** A viewer that does not read for so long is cut off. */
  readonly stallMs: number;
}

export interface ViewerWish {
  readonly operationId: string;
  readonly personId: string;
  readonly after: number;
  readonly isAllowed: () => Promise<boolean>;
}

export class Viewer {
  readonly personId: string;
  readonly #ws: WebSocket;
  readonly #deps: ViewerDeps;
  readonly #wish: ViewerWish;
  readonly #gone: Promise<void>;
  #cursor: number;
  #alive = true;
  #woken = false;
  #pumping = false;
  /** The operation may have ended before this viewer came, so its state is looked up once at the start. */
  #mayBeOver = true;

  constructor(ws: WebSocket, wish: ViewerWish, deps: ViewerDeps, onGone: (viewer: Viewer) => void) {
    this.#ws = ws;
    this.#deps = deps;
    this.#wish = wish;
    this.#cursor = wish.after;
    this.personId = wish.personId;
    const unsubscribe = deps.feed.subscribe(wish.operationId, () => this.#wake());
    this.#gone = new Promise((resolve) => ws.once("close", () => resolve()));
    ws.once("close", unsubscribe);
    ws.once("close", () => onGone(this));
    ws.on("error", () => ws.terminate());
    ws.on("pong", () => {
      this.#alive = true;
    });
    this.#wake();
  }

  /** Call at each ping interval: who has not answered the last ping is gone. */
  beat(): void {
    if (!this.#alive) return this.#ws.terminate();
    this.#alive = false;
    this.#ws.ping();
  }

  recheck(): void {
    this.#wish.isAllowed().then(
      (allowed) => allowed || this.#ws.close(closeCodes.ended, "session ended"),
      // Without an answer about the right there is no right.
      () => this.#ws.close(closeCodes.goingAway, "checking the session"),
    );
  }

  async goAway(graceMs: number): Promise<void> {
    this.#ws.close(closeCodes.goingAway, "the portal is stopping");
    const timer = setTimeout(() => this.#ws.terminate(), graceMs);
    await this.#gone;
    clearTimeout(timer);
  }

  #wake(): void {
    this.#woken = true;
    if (this.#pumping) return;
    this.#pumping = true;
    this.#pump().catch((error: unknown) => {
      this.#deps.onError(error, `streaming operation ${this.#wish.operationId}`);
      this.#ws.close(1011, "reading the journal");
    });
  }

  /** The flag falls in the same turn as the last look at `#woken`: no wake-up is lost between the two. */
  async #pump(): Promise<void> {
    try {
      while (this.#woken && this.#ws.readyState === this.#ws.OPEN) {
        this.#woken = false;
        await this.#sendAll();
      }
    } finally {
      this.#pumping = false;
    }
  }

  async #sendAll(): Promise<void> {
    const { feed } = this.#deps;
    const { operationId } = this.#wish;
    for (let page = await feed.after(operationId, this.#cursor); page.frame !== null; page = await feed.after(operationId, this.#cursor)) {
      if (!(await this.#send(page.frame))) return;
      this.#cursor = page.last;
      if (page.state !== null) this.#mayBeOver = isOver(page.state);
    }
    if (this.#mayBeOver) await this.#closeWhenOver();
  }

  async #closeWhenOver(): Promise<void> {
    const { feed, operations } = this.#deps;
    const operation = await operations.get(this.#wish.operationId);
    this.#mayBeOver = operation === null || isOver(operation.state);
    if (!this.#mayBeOver) return;
    // The last entries may have been written between the read before and the look-up.
    const rest = await feed.after(this.#wish.operationId, this.#cursor);
    if (rest.frame === null) this.#ws.close(closeCodes.over, "over");
    else this.#woken = true;
  }

  /** True when the frame is handed over and the viewer is not behind; false when the socket is closed. */
  #send(frame: string): Promise<boolean> {
    const ws = this.#ws;
    if (ws.bufferedAmount + frame.length <= this.#deps.highWater) {
      ws.send(frame);
      return Promise.resolve(ws.readyState === ws.OPEN);
    }
    return new Promise((resolve) => {
      const stall = setTimeout(() => ws.close(closeCodes.slow, "not reading"), this.#deps.stallMs);
      const cut = setTimeout(() => ws.terminate(), this.#deps.stallMs * 1.5);
      const done = (open: boolean) => {
        clearTimeout(stall);
        clearTimeout(cut);
        resolve(open);
      };
      ws.once("close", () => done(false));
      ws.send(frame, (error) => done(!error && ws.readyState === ws.OPEN));
    });
  }
}
