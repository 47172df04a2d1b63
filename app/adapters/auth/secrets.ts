/** Random ids and secrets from the operating system. */
import { createHash, randomBytes } from "node:crypto";
import { v7 } from "uuid";
import type { SecretMaker } from "#app/ports/secret-maker.ts";

export const systemSecrets: SecretMaker = {
  id: () => v7(),
  secret: () => randomBytes(32).toString("base64url"),
  digest: (secret) => createHash("sha256").update(secret).digest("hex"),
};
