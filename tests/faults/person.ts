/**
 * A person (or their script) at a portal that dies now and then: sends every request with an idempotency key and sends
 * it again until it is answered. What was acknowledged is kept: the oracle asks for it.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** What came of sending an acknowledged request once more. */
export interface Repeated {
  readonly operationId: string;
  /** The operation that the same request with the same key gave; null: refused. */
  readonly same: string | null;
  /** Whether another body under the same key was refused; null: not tried. */
  readonly otherRefused: boolean | null;
}

export interface Reply {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

interface OperationView {
  readonly id: string;
  readonly state: string;
  readonly planNumber: number | null;
  readonly failure: unknown;
}

const smallest = {
  ...{ controlPlaneSize: "small", controlPlaneVcpus: 2, controlPlaneMemoryMiB: 2048 },
  ...{ workerSize: "small", workerVcpus: 2, workerMemoryMiB: 2048, diskGiB: 10 },
};
const patienceMs = 90_000;

/** An answer that says no. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class Person {
  /** Operation ids of all requests that were answered. */
  readonly acknowledged: string[] = [];
  readonly repeated: Repeated[] = [];
  /** How often a request had to be sent again. */
  repeats = 0;
  /** How often Resume was pressed. */
  resumes = 0;
  readonly #url: string;
  readonly #tenant: string;
  readonly #token: string;

  constructor(url: string, tenant: string, token: string) {
    this.#url = url;
    this.#tenant = tenant;
    this.#token = token;
  }

  get token(): string {
    return this.#token;
  }

  /** One try. Null when there was no answer. */
  async tryOnce(method: string, path: string, body?: unknown, key?: string): Promise<Reply | null> {
    const headers: Record<string, string> = { Accept: "application/json", Authorization: `Bearer ${this.#token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key !== undefined) headers["Idempotency-Key"] = key;
    try {
      const signal = AbortSignal.timeout(20_000);
      const answer = await fetch(`${this.#url}/api/v1${path}`, {
        method,
        headers,
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, json: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {} };
    } catch {
      return null;
    }
  }

  /** Tries until there is an answer that is not "come back later". Throws when it is a refusal, or none comes. */
  async ask(method: string, path: string, body?: unknown, key?: string): Promise<Readonly<Record<string, unknown>>> {
    const end = Date.now() + patienceMs;
    for (let last: Reply | null = null; Date.now() < end; this.repeats += 1, await sleep(100)) {
      last = await this.tryOnce(method, path, body, key);
      if (last === null || last.status >= 500) continue;
      if (last.status >= 400) throw new Refusal(last.status, `${method} ${path}: ${last.status} ${JSON.stringify(last.json)}`);
      return last.json;
    }
    throw new Error(`${method} ${path}: no answer within ${patienceMs} ms`);
  }

  /**
   * A request that makes an operation, whose id is what was acknowledged; sent twice, because people do. `other` is a
   * different body, which the same key must not carry.
   */
  async order(method: string, path: string, body: unknown, other: unknown = null): Promise<string> {
    const key = randomUUID();
    const operationId = idIn(await this.ask(method, path, body, key));
    this.acknowledged.push(operationId);
    const same = await this.ask(method, path, body, key).then(idIn, unlessRefused);
    const otherRefused = other === null ? null : await this.#isRefused(method, path, other, key);
    this.repeated.push({ operationId, same, otherRefused });
    return operationId;
  }

  async #isRefused(method: string, path: string, body: unknown, key: string): Promise<boolean> {
    return await this.ask(method, path, body, key).then(
      () => false,
      (error: unknown) => error instanceof Refusal && [409, 422].includes(error.status),
    );
  }

  get clusters(): string {
    return `/tenants/${this.#tenant}/clusters`;
  }

  create = (name: string, workers: number): Promise<string> =>
    this.order("POST", this.clusters, { name, workers }, { name, workers: workers + 7 });
  /** The form's own sizes are named, because the tiny ones of the stack are not among them. */
  edit = (name: string, workers: number): Promise<string> =>
    this.order("PUT", `${this.clusters}/${name}`, { workers, ...smallest }, { workers: workers + 7, ...smallest });
  preview = (name: string, kind: "update" | "destroy"): Promise<string> =>
    this.order("POST", `${this.clusters}/${name}/preview`, { kind }, { kind: kind === "update" ? "destroy" : "update" });
  cancel = (id: string) => this.tryOnce("POST", `/operations/${id}/cancel`);
  resume = (id: string) => this.tryOnce("POST", `/operations/${id}/resume`);

  async operation(id: string): Promise<OperationView> {
    return (await this.ask("GET", `/operations/${id}`)) as unknown as OperationView;
  }

  /** Approves the plan that a finished preview made. */
  async approve(name: string, preview: OperationView): Promise<string> {
    const path = `${this.clusters}/${name}/plans/${preview.planNumber}`;
    const { plan } = (await this.ask("GET", path)) as { plan: { hash: string } };
    return await this.order("POST", `${path}/approve`, { hash: plan.hash, typedName: name });
  }

  /** Looks at every change until the operation is over; presses Resume when it waits for somebody longer than `alone`. */
  async over(id: string, aloneMs = 3_000, tries = 4): Promise<OperationView> {
    const end = Date.now() + patienceMs * 3;
    for (let waits = 0; Date.now() < end; await sleep(50)) {
      const seen = await this.operation(id);
      if (["succeeded", "failed", "cancelled"].includes(seen.state)) return seen;
      waits = seen.state === "interrupted" ? waits || Date.now() : 0;
      if (waits === 0 || Date.now() - waits < aloneMs || this.resumes >= tries) continue;
      this.resumes += 1;
      waits = 0;
      await this.resume(id);
    }
    throw new Error(`operation ${id} did not end`);
  }
}

function unlessRefused(error: unknown): null {
  if (error instanceof Refusal) return null;
  throw error;
}

function idIn(answer: Readonly<Record<string, unknown>>): string {
  const id = (answer.operation as { id?: string } | undefined)?.id ?? answer.id;
  if (typeof id !== "string") throw new Error(`reading the answer: it names no operation (${JSON.stringify(answer)})`);
  return id;
}
