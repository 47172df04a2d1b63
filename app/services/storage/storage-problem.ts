/** Trouble of the database as a person hears of it: every use case refuses with a problem instead of failing. */
import { Problem, type ProblemDetail, type StorageProblem } from "#app/domain/problem.ts";
import { passes, type StorageTroubleKind, storageTroubleOf } from "#app/ports/storage-trouble.ts";

/** What passes by itself is asked for again soon. */
const retryAfterSeconds = (kind: StorageTroubleKind): number => (passes(kind) ? 5 : 60);

const codes: Readonly<Record<StorageTroubleKind, StorageProblem>> = {
  full: "storage-full",
  locked: "storage-locked",
  unreachable: "storage-unreachable",
  corrupt: "storage-corrupt",
  newer: "storage-newer",
};

/** Null when `error` is about something else. */
export function storageProblemOf(error: unknown): ProblemDetail | null {
  const trouble = storageTroubleOf(error);
  return trouble && { code: codes[trouble.kind], retryAfterSeconds: retryAfterSeconds(trouble.kind) };
}

/** The same use cases; the trouble itself goes to `onTrouble`, for the operator. */
export function translateStorageErrors<T extends object>(services: T, onTrouble: (doing: string, error: unknown) => void): T {
  const told = Object.entries(services).map(([name, service]: [string, unknown]) => [name, tellingOne(name, service, onTrouble)]);
  return Object.fromEntries(told) as T;
}

function tellingOne(name: string, service: unknown, onTrouble: (doing: string, error: unknown) => void): unknown {
  if (typeof service === "object" && service !== null) return translateStorageErrors(service, onTrouble);
  if (typeof service !== "function") return service;
  return (...asked: unknown[]): unknown => {
    const answer: unknown = Reflect.apply(service, undefined, asked);
    return answer instanceof Promise ? answer.catch((error: unknown) => refuse(error, name, onTrouble)) : answer;
  };
}

function refuse(error: unknown, doing: string, onTrouble: (doing: string, error: unknown) => void): never {
  const problem = storageProblemOf(error);
  if (problem === null) throw error;
  onTrouble(doing, error);
  throw new Problem(problem);
}
