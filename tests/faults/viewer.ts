/** Somebody who watches one operation and comes back with their cursor whenever the connection is gone. */
import { WebSocket } from "ws";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { closeCodes, type StreamFrame } from "#app/domain/operation/stream.ts";

export interface ViewerOptions {
  /** Leaves after so many entries and comes back, again and again. */
  readonly leavesEvery?: number;
  /** Milliseconds between two looks at the socket: a slow reader. */
  readonly readsEveryMs?: number;
}

export class FaultViewer {
  readonly operationId: string;
  /** In the order in which they came, over all connections. */
  readonly entries: JournalEntry[] = [];
  connections = 0;
  readonly over: Promise<void>;
  readonly #options: ViewerOptions;
  readonly #address: () => string;
  readonly #token: string;
  #ws: WebSocket | null = null;
  #ended = false;
  #settle: () => void = () => undefined;

  constructor(address: () => string, token: string, operationId: string, options: ViewerOptions = {}) {
    this.operationId = operationId;
    this.#address = address;
    this.#token = token;
    this.#options = options;
    this.over = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#connect();
  }

  get cursor(): number {
    return this.entries.at(-1)?.seq ?? 0;
  }

  end(): void {
    this.#ended = true;
    this.#ws?.terminate();
    this.#settle();
  }

  /** A resumed operation continues after its end: watch again. */
  again(): void {
    if (this.#ws === null && !this.#ended) this.#connect();
  }

  #connect(): void {
    const url = `${this.#address().replace("http", "ws")}/ws/operations/${this.operationId}?after=${this.cursor}`;
    const ws = new WebSocket(url, { headers: { Authorization: `Bearer ${this.#token}` } });
    this.#ws = ws;
    let here = 0;
    ws.on("open", () => {
      this.connections += 1;
      if (this.#options.readsEveryMs !== undefined) this.#dawdle(ws, this.#options.readsEveryMs);
    });
    ws.on("error", () => undefined);
    ws.on("message", (data) => {
      // What still sits in a socket that was left is not looked at: its cursor would be older than the new one's.
      if (this.#ws !== ws || this.#ended) return;
      const { entries } = JSON.parse(String(data)) as StreamFrame;
      this.entries.push(...entries);
      here += entries.length;
      if (this.#options.leavesEvery !== undefined && here >= this.#options.leavesEvery) ws.terminate();
    });
    ws.on("close", (code) => {
      if (this.#ws !== ws) return;
      this.#ws = null;
      if (this.#ended) return;
      if (code === closeCodes.over) this.#settle();
      else setTimeout(() => !this.#ended && this.#connect(), 50);
    });
  }

  #dawdle(ws: WebSocket, everyMs: number): void {
    ws.pause();
    const timer = setInterval(() => {
      if (ws.readyState !== ws.OPEN) return clearInterval(timer);
      ws.resume();
      setTimeout(() => ws.readyState === ws.OPEN && ws.pause(), 5);
    }, everyMs);
  }
}
