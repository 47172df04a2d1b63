/**
 * Bodies are read here and nowhere else: bounded by their announced length before the first byte, by counted bytes while
 * they come, and by what all bodies of one caller, of everybody who is not signed in, and of all hold in memory together. Nothing
 * is parsed before it is whole.
 */
import type { IncomingMessage } from "node:http";
import { Problem } from "#app/domain/problem.ts";

/** Above the largest form with a pasted key, percent-encoded. */
export const longestBody = 131_072;
/** Of all bodies of one caller, of those who are not signed in, and of everybody, that are being read at the same time. */
const heldPerCaller = 2_097_152;
const heldByStrangers = 8_388_608;
const heldAltogether = 16_777_216;

const tooLarge = () => new Problem({ code: "too-large", kilobytes: longestBody / 1024 });
const tooMany = () => new Problem({ code: "too-many-requests", retryAfterSeconds: 1 });

/**
 * Whose body it is: of somebody who is signed in, or of a stranger at an address. Null: an address that stands for many
 * callers, such as those behind a proxy that is not trusted, who are not counted as one.
 */
export type BodyCaller = { readonly personId: string } | { readonly address: string | null };

export interface BodyReader {
  /** `type`: the only media type that is accepted. Problems: too-large, wrong-type, too-many-requests, unreadable. */
  read(request: IncomingMessage, caller: BodyCaller, type: RegExp): Promise<Buffer>;
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
  readonly #held = new Map<string, number>();

  of(caller: BodyCaller): Account {
    const limits = limitsFor(caller);
    let own = 0;
    const count = (bytes: number) => {
      own += bytes;
      const within = limits.map(([name, most]) => this.#add(name, bytes) <= most);
      return within.every(Boolean);
    };
    return { add: count, release: () => void count(-own) };
  }

  #add(name: string, bytes: number): number {
    const sum = (this.#held.get(name) ?? 0) + bytes;
    if (sum > 0) this.#held.set(name, sum);
    else this.#held.delete(name);
    return sum;
  }
}

/** Under what each byte is counted, with the limit of that. Strangers leave a share to those who are signed in. */
function limitsFor(caller: BodyCaller): readonly (readonly [name: string, most: number])[] {
  const all = ["all", heldAltogether] as const;
  if ("personId" in caller) return [all, [`person ${caller.personId}`, heldPerCaller]];
  const { address } = caller;
  return [all, ["strangers", heldByStrangers], ...(address === null ? [] : [[`address ${address}`, heldPerCaller] as const])];
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
