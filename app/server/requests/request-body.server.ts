/**
 * Bodies are read here and nowhere else: bounded by their announced length before the first byte, by counted bytes while
 * they come, and by what all bodies of one caller hold in memory together. Nothing is parsed before it is whole.
 */
import type { IncomingMessage } from "node:http";
import { Problem } from "#app/domain/problem.ts";

/** Above the largest form with a pasted key, percent-encoded. */
export const longestBody = 131_072;
/** Of all bodies of one address, and of everybody, that are being read at the same time. */
const heldPerCaller = 2_097_152;
const heldAltogether = 16_777_216;

const tooLarge = () => new Problem({ code: "too-large", kilobytes: longestBody / 1024 });
const tooMany = () => new Problem({ code: "too-many-requests", retryAfterSeconds: 1 });

export interface BodyReader {
  /** `type`: the only media type that is accepted. Problems: too-large, wrong-type, too-many-requests, unreadable. */
  read(request: IncomingMessage, caller: string, type: RegExp): Promise<Buffer>;
}

export function bodyReader(): BodyReader {
  const held = new HeldBytes();
  return {
    read: async (request, caller, type) => {
      checkHead(request, type);
      return await readBounded(request, held.of(caller));
    },
  };
}

function checkHead({ headers }: IncomingMessage, type: RegExp): void {
  if (Number(headers["content-length"] ?? 0) > longestBody) throw tooLarge();
  const empty = headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
  if (empty) return;
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity" || !type.test(headers["content-type"] ?? "")) throw new Problem({ code: "wrong-type" });
}

interface Account {
  /** False when it is too much. */
  add(bytes: number): boolean;
  release(): void;
}

class HeldBytes {
  readonly #callers = new Map<string, number>();
  #total = 0;

  of(caller: string): Account {
    let own = 0;
    const count = (bytes: number) => {
      own += bytes;
      this.#total += bytes;
      const sum = (this.#callers.get(caller) ?? 0) + bytes;
      if (sum > 0) this.#callers.set(caller, sum);
      else this.#callers.delete(caller);
      return sum <= heldPerCaller && this.#total <= heldAltogether;
    };
    return { add: count, release: () => void count(-own) };
  }
}

/** The rest of a body that is refused is read away by the server without being kept, until its own deadline. */
async function readBounded(request: IncomingMessage, account: Account): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const parts: Buffer[] = [];
  let length = 0;
  const onData = (part: Buffer) => {
    length += part.length;
    if (length > longestBody) return reject(tooLarge());
    parts.push(part);
    if (!account.add(part.length)) reject(tooMany());
  };
  const onEnd = () => resolve(Buffer.concat(parts));
  const onAbort = () => reject(new Problem({ code: "unreadable" }));
  request.on("data", onData).once("end", onEnd).once("error", onAbort).once("close", onAbort);
  try {
    return await promise;
  } finally {
    request.off("data", onData).off("end", onEnd).off("close", onAbort);
    account.release();
    request.resume();
  }
}
