/** Sends bytes that no HTTP library would, and reads what comes back. */
import { connect, type Socket } from "node:net";

export interface RawRequest {
  readonly method: string;
  /** Put on the request line as it is. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** `length`: with its Content-Length; `chunks`: without; `cut`: announced, but only half is sent; `none`: no body. */
  readonly framing: "length" | "chunks" | "cut" | "none";
}

export interface RawAnswer {
  /** Null: the connection ended without an answer. */
  readonly status: number | null;
  readonly bytes: number;
  readonly text: string;
  readonly ms: number;
}

const patienceMs = 20_000;
const textKept = 4_096;

/** `from`: the loopback address it comes from. */
export function send(port: number, request: RawRequest, from = "127.0.0.1"): Promise<RawAnswer> {
  const began = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress: from });
    let bytes = 0;
    let text = "";
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      resolve({ status: status === undefined ? null : Number(status), bytes, text, ms: performance.now() - began });
    };
    const timer = setTimeout(finish, patienceMs);
    socket.on("data", (part) => {
      bytes += part.length;
      if (text.length < textKept) text += part.toString("latin1").slice(0, textKept - text.length);
      // A socket that was accepted stays open: it is answered.
      if (request.framing === "cut" || /^HTTP\/1\.1 101/.test(text)) finish();
    });
    socket.on("error", finish).on("close", finish);
    socket.on("connect", () => write(socket, request));
  });
}

function write(socket: Socket, { method, target, headers, body, framing }: RawRequest): void {
  const own =
    framing === "length" || framing === "cut"
      ? [["Content-Length", String(body.length)] as const]
      : framing === "chunks"
        ? [["Transfer-Encoding", "chunked"] as const]
        : [];
  const all = headers.some(([name]) => name.toLowerCase() === "connection")
    ? [...headers, ...own]
    : [...headers, ["Connection", "close"] as const, ...own];
  socket.write(
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`, "latin1"),
  );
  if (framing === "length") socket.write(body);
  if (framing === "cut") {
    socket.write(body.subarray(0, body.length / 2));
    // Gives up in the middle of its own body.
    setTimeout(() => socket.end(), 20);
  }
  if (framing === "chunks")
    socket.write(Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")]));
}
