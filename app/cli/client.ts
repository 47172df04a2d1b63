/** The portal's API over HTTP. Changes carry an idempotency key, so that trying again after a lost answer is harmless. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Login } from "./commands/login.ts";
import { Ending, exitCodes } from "./exit-codes.ts";

/** The portal said no. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  /** The last part of `type`, e.g. `plan-stale`. */
  readonly code: string;
  readonly members: Readonly<Record<string, unknown>>;
  constructor(status: number, members: Readonly<Record<string, unknown>>) {
    super(String(members.detail ?? members.title ?? `the portal answered ${status}`));
    this.status = status;
    this.code =
      String(members.type ?? "")
        .split(":")
        .at(-1) ?? "";
    this.members = members;
  }
}

export interface Client {
  get<T>(path: string): Promise<T>;
  text(path: string): Promise<string>;
  post<T>(path: string, body?: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
}

const attempts = 3;

/** `readLogin` is asked again when the portal no longer knows the token: the machine's own one changes at each start of the portal. */
export function createClient(readLogin: () => Login): Client {
  let login = readLogin();
  const ask = async (method: string, path: string, body?: unknown): Promise<Response> => {
    try {
      return await request(login, method, path, body);
    } catch (error) {
      const fresh = error instanceof ApiProblem && error.status === 401 ? readLogin() : login;
      if (fresh.token === login.token || fresh.url !== login.url) throw error;
      login = fresh;
      return await request(login, method, path, body);
    }
  };
  const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => (await ask(method, path, body)).json() as Promise<T>;
  return {
    get: (path) => json("GET", path),
    text: async (path) => (await ask("GET", path)).text(),
    post: (path, body) => json("POST", path, body ?? {}),
    put: (path, body) => json("PUT", path, body),
  };
}

async function request(login: Login, method: string, path: string, body?: unknown): Promise<Response> {
  const key = randomUUID();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await answered(await send(login, method, path, body, key));
    } catch (error) {
      if (error instanceof ApiProblem && error.status < 500) throw error;
      if (attempt === attempts) throw error instanceof ApiProblem ? error : unreachable(login, error);
      await sleep(300 * attempt);
    }
  }
}

function send(login: Login, method: string, path: string, body: unknown, key: string): Promise<Response> {
  const headers = new Headers({ Accept: "application/json, application/yaml, application/problem+json" });
  if (login.token !== null) headers.set("Authorization", `Bearer ${login.token}`);
  if (method !== "GET") headers.set("Idempotency-Key", key);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  return fetch(`${login.url}/api/v1${path}`, {
    method,
    headers,
    redirect: "error",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function answered(response: Response): Promise<Response> {
  if (response.ok) return response;
  const members = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  throw new ApiProblem(response.status, members);
}

function unreachable(login: Login, error: unknown): Ending {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  return new Ending(
    exitCodes.unreachable,
    `reaching the portal at ${login.url}: ${cause}. Is it running (npm start)? BERTH_URL sets another address.`,
  );
}
