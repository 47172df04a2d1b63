/** Passwords by argon2id. Parameters follow OWASP's first recommendation (19 MiB, 2 passes) or better. */
import { availableParallelism } from "node:os";
import { hash, verify } from "@node-rs/argon2";
import { HasherBusy, type PasswordHasher } from "#app/ports/password-hasher.ts";

// `algorithm: 2` is argon2id; the enum of the package does not survive type stripping.
const settings = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Each takes a processor and a thread of the pool that files and SQLite use, too. */
const atOnce = Math.max(1, Math.min(3, Math.floor(availableParallelism() / 2)));
const mostWaiting = 50;

export function argon2Hasher(): PasswordHasher {
  const turns = new Turns(atOnce, mostWaiting);
  // Hashing for nobody takes as long as for somebody: an answer's time does not tell whether an account exists.
  const decoy = hash("nobody has this password", settings);
  return {
    hash: (password) => turns.run(() => hash(password, settings)),
    verify: async (stored, password) => {
      const against = stored ?? (await decoy);
      const right = await turns.run(() => verify(against, password));
      return stored !== null && right;
    },
  };
}

/** A few at once, some more in line, no others. */
export class Turns {
  readonly #atOnce: number;
  readonly #most: number;
  readonly #line: (() => void)[] = [];
  #running = 0;

  constructor(concurrent: number, most: number) {
    this.#atOnce = concurrent;
    this.#most = most;
  }

  async run<Value>(act: () => Promise<Value>): Promise<Value> {
    if (this.#running < this.#atOnce) this.#running += 1;
    else await this.#inLine();
    try {
      return await act();
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  #inLine(): Promise<void> {
    if (this.#line.length >= this.#most) throw new HasherBusy("hashing a password: too many wait");
    return new Promise((resolve) => this.#line.push(resolve));
  }
}
