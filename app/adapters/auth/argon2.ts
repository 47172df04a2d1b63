/** Passwords by argon2id. Parameters follow OWASP's first recommendation (19 MiB, 2 passes) or better. */
import { hash, verify } from "@node-rs/argon2";
import type { PasswordHasher } from "#app/ports/password-hasher.ts";

// `algorithm: 2` is argon2id; the enum of the package does not survive type stripping.
const settings = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export function argon2Hasher(): PasswordHasher {
  // Hashing for nobody takes as long as for somebody: an answer's time does not tell whether an account exists.
  const decoy = hash("nobody has this password", settings);
  return {
    hash: (password) => hash(password, settings),
    verify: async (stored, password) => {
      const right = await verify(stored ?? (await decoy), password);
      return stored !== null && right;
    },
  };
}
