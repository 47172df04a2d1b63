/** The engines' own words for trouble, translated at one door: nothing above the stores knows a code of SQLite or PostgreSQL. */
import { StorageTrouble, type StorageTroubleKind } from "#app/ports/storage-trouble.ts";

/** SQLite says I/O error where its index of the write-ahead log finds no space; whatever it is, the disk takes no more. */
const sqliteKinds: Readonly<Record<string, StorageTroubleKind>> = {
  SQLITE_FULL: "full",
  SQLITE_IOERR: "full",
  SQLITE_BUSY: "locked",
  SQLITE_LOCKED: "locked",
  SQLITE_CORRUPT: "corrupt",
  SQLITE_NOTADB: "corrupt",
};

const postgresKinds: readonly (readonly [RegExp, StorageTroubleKind])[] = [
  [/^(53100|58030)$/, "full"],
  // Lock and statement time-outs, deadlocks, failed serialisation: the same statement may work a moment later.
  [/^(55P03|57014|40001|40P01)$/, "locked"],
  [/^(08...|57P0[1-3]|53300|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/, "unreachable"],
  [/^(XX00[12])$/, "corrupt"],
];

const sentences: Readonly<Record<Exclude<StorageTroubleKind, "newer">, string>> = {
  full: "writing the database: no space is left on its disk",
  locked: "writing the database: another process keeps it locked",
  unreachable: "reaching the database: its server does not answer",
  corrupt: "reading the database: it is damaged; stop Berth and put a backup in its place with `berth restore`",
};

/** `error` itself when it is not about storage. */
export const sqliteTrouble = (error: Error): Error => troubled(error, sqliteKinds[codeOf(error)]);

export function postgresTrouble(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = codeOf(error);
  const known = postgresKinds.find(([pattern]) => pattern.test(code))?.[1];
  // The driver has no code for a connection that ends while a statement is on its way, or has ended before it.
  return troubled(
    error,
    known ??
      (/^Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|is not queryable$/.test(
        error.message,
      )
        ? "unreachable"
        : undefined),
  );
}

function troubled(error: Error, kind: StorageTroubleKind | undefined): Error {
  if (kind === undefined || kind === "newer") return error;
  return new StorageTrouble(kind, `${sentences[kind]} (${error.message})`, { cause: error });
}

const codeOf = (error: Error): string => ("code" in error && typeof error.code === "string" ? error.code : "");
