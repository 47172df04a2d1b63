/**
 * Promise 5: a viewer who comes back anywhere, at any time, sees every event once, in order. Real sockets on loopback and
 * the real store, with viewers that are cut off, stop reading, come late, and a portal that restarts under them.
 */
import { reported } from "#app/domain/message/message.ts";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { closeCodes, type StreamFrame, waitBeforeReturn } from "#app/domain/operation/stream.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import { createFeed } from "#app/server/socket/feed.server.ts";
import { attachSockets, type SocketLimits } from "#app/server/socket/socket.server.ts";
import { addCluster, addPerson, claimNext, newOperation, type StoreSet } from "#tests/contract/fixtures.ts";
import { openSqliteStores } from "#tests/contract/open-stores.ts";

let stores: StoreSet;
beforeAll(async () => {
  stores = await openSqliteStores();
});
afterAll(() => stores.close());

const actor: Actor = { personId: "watcher", name: "watcher", operator: true, memberships: {} };

/** A portal's socket part on a port of its own. */
interface OpenSocket {
  readonly url: string;
  open(): number;
  stop(): Promise<void>;
}

async function openSocket(limits: Partial<SocketLimits>, trouble: unknown[]): Promise<OpenSocket> {
  const server: Server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const feed = createFeed(stores.journal);
  const deps = {
    operations: stores.operations,
    journal: stores.journal,
    feed,
    site: { publicUrl: "http://berth.test" },
    clientAddress: () => "127.0.0.1",
  };
  const sockets = attachSockets(server, {
    ...deps,
    whoIs: async () => ({ actor, session: null }),
    onError: (error) => trouble.push(error),
    limits,
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: sockets.open,
    stop: async () => {
      await sockets.drain(100);
      feed.close();
      server.close();
    },
  };
}

/** As a browser does it: folds what comes, and comes back with its cursor whenever the connection is lost. */
class Watcher {
  readonly seen: number[] = [];
  readonly faults: string[] = [];
  readonly done: Promise<void>;
  returns = 0;
  #ws: WebSocket | null = null;
  #paused = false;
  readonly #address: () => string;
  readonly #finish: () => void;
  readonly #after: number;

  constructor(after: number, address: () => string) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#finish = resolve;
    this.#after = after;
    this.#address = address;
    this.#connect();
  }

  get cursor(): number {
    return this.seen.at(-1) ?? this.#after;
  }

  cut(): void {
    this.#ws?.terminate();
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (this.#ws?.readyState !== WebSocket.OPEN) return;
    if (paused) this.#ws.pause();
    else this.#ws.resume();
  }

  #connect(): void {
    const ws = new WebSocket(`${this.#address()}?after=${this.cursor}`, { headers: { authorization: "Bearer watcher" } });
    this.#ws = ws;
    ws.on("open", () => this.pause(this.#paused));
    ws.on("message", (bytes) => this.#fold(JSON.parse(String(bytes)) as StreamFrame));
    ws.on("error", () => undefined);
    ws.on("close", (code) => {
      if (code === closeCodes.over) return this.#finish();
      this.returns += 1;
      setTimeout(() => this.#connect(), 5 * Math.random());
    });
  }

  #fold({ entries }: StreamFrame): void {
    for (const { seq } of entries) {
      if (seq !== this.cursor + 1) this.faults.push(`${seq} after ${this.cursor}`);
      this.seen.push(seq);
    }
  }
}

type Act =
  | { readonly act: "append"; readonly count: number; readonly size: number }
  | { readonly act: "cut" | "pause" | "go on"; readonly which: number }
  | { readonly act: "come"; readonly after: number }
  | { readonly act: "restart" | "let happen" };

const which = fc.nat(20);
const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant("append" as const),
      count: fc.integer({ min: 1, max: 120 }),
      size: fc.constantFrom(10, 10, 10, 2_000, 60_000),
    }),
  },
  { weight: 4, arbitrary: fc.record({ act: fc.constantFrom("cut" as const, "pause" as const, "go on" as const), which }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("come" as const), after: fc.nat(100) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constantFrom("let happen" as const, "let happen" as const, "restart" as const) }) },
);

const lines = (count: number, size: number): readonly OperationEvent[] => {
  const message = "x".repeat(size);
  return Array.from({ length: count }, () => ({ kind: "notice", level: "note", machine: null, message: reported(message) }));
};

let runs = 0;

async function newRun(): Promise<Claim> {
  const person = await addPerson(stores, `mina${++runs}`);
  await stores.operations.submit(newOperation({ ...person, cluster: await addCluster(stores, person.tenantId, "demo") }));
  return claimNext(stores, Date.now());
}

describe("promise 5: every viewer sees every event once, in order", () => {
  it("whatever falls between", async () => {
    await fc.assert(fc.asyncProperty(fc.array(acts, { minLength: 4, maxLength: 30 }), holds), { numRuns: 30, endOnFailure: true });
  }, 180_000);

  it("comes back later after each loss, and those who were lost together do not come back together", () => {
    const waits = (random: number) => [1, 2, 3, 4, 5, 6, 7, 50].map((n) => waitBeforeReturn(n, random));
    expect(waits(0)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
    expect(waits(0.5)).toEqual([375, 750, 1_500, 3_000, 6_000, 7_500, 7_500, 7_500]);
  });
});

async function holds(plan: readonly Act[]): Promise<void> {
  const claim = await newRun();
  const trouble: unknown[] = [];
  // Small enough that a viewer that pauses falls behind.
  const limits = { highWater: 32_768, stallMs: 400, pingMs: 150, recheckMs: 50 };
  let door = await openSocket(limits, trouble);
  const address = () => `${door.url}/ws/operations/${claim.operationId}`;
  const watchers = [new Watcher(0, address)];
  const writing: Promise<unknown>[] = [];
  for (const step of plan) {
    const chosen = "which" in step ? watchers[step.which % watchers.length] : undefined;
    switch (step.act) {
      case "append":
        writing.push(stores.journal.append(claim, lines(step.count, step.size), Date.now()));
        break;
      case "come":
        watchers.push(new Watcher(Math.min(step.after, await stores.journal.head(claim.operationId)), address));
        break;
      case "cut":
        chosen?.cut();
        break;
      case "pause":
      case "go on":
        chosen?.pause(step.act === "pause");
        break;
      case "let happen":
        await new Promise((resolve) => setTimeout(resolve, 10));
        break;
      case "restart": {
        const old = door;
        door = await openSocket(limits, trouble);
        await old.stop();
      }
    }
  }
  await Promise.all(writing);
  await stores.operations.finish(claim, "succeeded", [], null, Date.now());
  for (const watcher of watchers) watcher.pause(false);
  await Promise.all(watchers.map((w) => w.done));
  const head = await stores.journal.head(claim.operationId);
  for (const watcher of watchers) {
    expect(watcher.faults).toEqual([]);
    expect(watcher.cursor).toBe(head);
  }
  expect(trouble).toEqual([]);
  await expect.poll(() => door.open(), { timeout: 5_000 }).toBe(0);
  await door.stop();
}
