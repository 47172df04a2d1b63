/** The portal's own record of what it did: one JSON line each, to standard output. Secrets are struck out by name. */
import { type DestinationStream, type Logger, pino } from "pino";

const struckOut = ["password", "passwordHash", "secret", "token", "cookie", "authorization", "kubeconfig", "privateKey", "passphrase"];

export function createLogger(destination?: DestinationStream): Logger {
  const options = { level: "info", redact: { paths: struckOut.flatMap((name) => [name, `*.${name}`]), censor: "***" }, base: null };
  return destination ? pino(options, destination) : pino(options);
}

/** For parts that only know how to say that something went wrong while doing something. */
export const troubleTo =
  (records: Logger) =>
  (error: unknown, doing: string): void => {
    records.error({ doing, err: error instanceof Error ? error : new Error(String(error)) }, "trouble");
  };
