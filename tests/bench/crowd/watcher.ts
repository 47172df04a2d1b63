/**
 * A viewer as cheap as one can be, so that the generator does not become the bottleneck: a plain connection, the upgrade
 * by hand, frames cut by their length. Equal frames are parsed once for all viewers of the process.
 */
import { connect, type Socket } from "node:net";
import type { StreamFrame } from "#app/domain/operation/stream.ts";
import { printedAt } from "#tests/bench/programs/talker.ts";
import { epochMs } from "./clock.ts";

export interface Stream {
  readonly port: number;
  readonly path: string;
  readonly token: string;
}

/** What all viewers of the process saw. */
export interface Tally {
  /** Entries that came although an earlier one had not, and entries that came again. */
  lost: number;
  repeated: number;
  /** How long an entry was under way, by millisecond; the last place holds everything longer. */
  readonly delays: number[];
  /** The same for printed lines that tell their time, in milliseconds with fractions. */
  readonly lineDelays: number[];
}

interface Message {
  readonly bytes: Buffer;
  readonly first: number;
  readonly last: number;
  readonly at: readonly number[];
  readonly printed: readonly number[];
}

let latest: Message | null = null;

function parsed(bytes: Buffer): Message {
  if (latest?.bytes.equals(bytes)) return latest;
  const { entries } = JSON.parse(bytes.toString("utf8")) as StreamFrame;
  const printed = entries.flatMap(({ event }) => (event.kind === "output" ? event.lines.flatMap((line) => printedAt(line) ?? []) : []));
  latest = {
    bytes: Buffer.from(bytes),
    first: entries[0]?.seq ?? 0,
    last: entries.at(-1)?.seq ?? 0,
    at: entries.map((e) => e.at),
    printed,
  };
  return latest;
}

export class Watcher {
  cursor: number;
  readonly #stream: Stream;
  readonly #tally: Tally;
  readonly #onProgress: () => void;
  readonly #onLost: (error: Error) => void;
  #socket: Socket | null = null;
  #upgraded = false;
  #rest: Buffer = Buffer.alloc(0);

  /** `onLost`: the other side ended an open connection. A crowd that waits for it would wait for ever. */
  constructor(stream: Stream, after: number, tally: Tally, onProgress: () => void, onLost: (error: Error) => void) {
    this.#stream = stream;
    this.#tally = tally;
    this.#onProgress = onProgress;
    this.#onLost = onLost;
    this.cursor = after;
  }

  /** Resolves when the upgrade was accepted; rejects with the status line otherwise. */
  open(): Promise<void> {
    const { port, path, token } = this.#stream;
    const socket = connect({ port, host: "127.0.0.1" });
    this.#socket = socket;
    this.#upgraded = false;
    this.#rest = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.write(
      `GET ${path}?after=${this.cursor} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
    return new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => {
        if (socket === this.#socket) this.#onLost(new Error(`a viewer's connection was ended behind entry ${this.cursor}`));
      });
      socket.on("data", (chunk: Buffer) => {
        if (socket !== this.#socket) return;
        const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
        this.#rest = this.#upgraded ? this.#cut(bytes) : this.#upgrade(bytes, resolve, reject);
      });
    });
  }

  drop(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #upgrade(bytes: Buffer, opened: () => void, refused: (error: Error) => void): Buffer {
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0) return bytes;
    const status = bytes.subarray(0, bytes.indexOf("\r\n")).toString("latin1");
    if (!status.includes(" 101 ")) {
      refused(new Error(`opening a viewer: ${status}`));
      return Buffer.alloc(0);
    }
    this.#upgraded = true;
    opened();
    return this.#cut(bytes.subarray(end + 4));
  }

  /** Takes whole frames and gives back what is left of the last one. */
  #cut(bytes: Buffer): Buffer {
    let at = 0;
    while (bytes.length - at >= 2) {
      const short = (bytes[at + 1] ?? 0) & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length - at < head) break;
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
      if (bytes.length - at < head + length) break;
      const payload = bytes.subarray(at + head, at + head + length);
      const kind = (bytes[at] ?? 0) & 0x0f;
      if (kind === opcode.text) this.#take(parsed(payload));
      if (kind === opcode.ping) this.#socket?.write(pong(payload));
      at += head + length;
    }
    return at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
  }

  #take({ first, last, at, printed }: Message): void {
    if (first > this.cursor + 1) this.#tally.lost += first - this.cursor - 1;
    if (first <= this.cursor) this.#tally.repeated += this.cursor - first + 1;
    this.cursor = Math.max(this.cursor, last);
    const now = epochMs();
    for (const sent of at) count(this.#tally.delays, now - sent);
    for (const time of printed) this.#tally.lineDelays.push(now - time);
    this.#onProgress();
  }
}

const opcode = { text: 0x1, ping: 0x9, pong: 0xa } as const;

/** Whoever does not answer pings is taken for gone. A client's frames are masked (RFC 6455, 5.3); a mask of zeros changes nothing. */
function pong(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode.pong, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

const longestDelay = 10_000;

function count(delays: number[], delay: number): void {
  const at = Math.max(0, Math.min(longestDelay, Math.round(delay)));
  delays[at] = (delays[at] ?? 0) + 1;
}
