/**
 * R5: how long a line that a command prints is under way. Ours: provider → engine → driver → durable journal →
 * WebSocket frame in a viewer. Reference: the same program by the bare Automation API → the CLI's standard output.
 */
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { WebSocket } from "ws";
import { openDatabase } from "#app/adapters/sql/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { StreamFrame } from "#app/domain/operation/stream.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import { createFeed } from "#app/server/feed.server.ts";
import { attachSockets } from "#app/server/socket.server.ts";
import { addHome, claimNext, newOperation } from "#tests/contract/fixtures.ts";
import { clusterProgram, printedAt } from "./programs/talker.ts";
import type { Comparison } from "./report.ts";
import { bareEnvironment, benchStack } from "./run.ts";
import { median } from "./statistics.ts";

/** One value per round: the median over the round's lines, in milliseconds. */
export async function lineLatency(engineFolder: string, rounds: number): Promise<Comparison> {
  const folder = await mkdtemp(join(tmpdir(), "berth-bench-"));
  const ours: number[] = [];
  const reference: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      ours.push(median(await throughBerth(join(folder, `berth-${round}`), engineFolder)));
      reference.push(median(await throughCli(join(folder, `bare-${round}`), engineFolder)));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return {
    id: "R5",
    title: "a printed line until it is seen (median of a round)",
    unit: "ms",
    ours: { name: "WebSocket frame", values: ours },
    reference: { name: "CLI standard output", values: reference },
  };
}

async function throughCli(home: string, engineFolder: string): Promise<readonly number[]> {
  const workDir = join(home, "work");
  await mkdir(workDir, { recursive: true });
  const stack = await LocalWorkspace.createStack(
    { projectName: "bench", stackName: "bench", program: clusterProgram({ revision: 1 }) },
    { workDir, pulumiCommand: await PulumiCommand.get({ root: engineFolder }), envVars: bareEnvironment(home, engineFolder) },
  );
  const found = collector();
  await stack.up({ color: "never", onOutput: (text) => found.add(text.split("\n")) });
  return found.latencies;
}

async function throughBerth(home: string, engineFolder: string): Promise<readonly number[]> {
  await mkdir(home, { recursive: true });
  const database = await openDatabase({ kind: "sqlite", path: join(home, "berth.db") });
  const stores = sqlStores(database);
  const { operations, journal } = stores;
  await operations.submit(newOperation(await addHome({ people: stores.people, clusters: stores.clusters }, "bench")));
  const claim = await claimNext(stores, Date.now());
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const feed = createFeed(journal);
  const sockets = attachSockets(server, { operations, feed, whoIs, site: { publicUrl: "http://localhost" }, onError: complain });
  const found = collector();
  const viewer = await openViewer(server, claim, found);
  const { engine, run } = await benchStack(home, engineFolder, "talker");
  const append = async (events: readonly OperationEvent[]) => void (await journal.append(claim, events, Date.now()));
  await engine.run(run("update", 1), append, new AbortController().signal);
  await found.reached(await journal.head(claim.operationId));
  viewer.terminate();
  await sockets.drain(1_000);
  feed.close();
  server.close();
  await database.close();
  return found.latencies;
}

const actor: Actor = { personId: "bench", name: "bench", operator: true, memberships: {} };
const whoIs = () => Promise.resolve({ actor, session: null });

const complain = (error: unknown, doing: string): void => console.error(`bench R5: ${doing}: ${String(error)}`);

async function openViewer(server: Server, claim: Claim, found: Collector): Promise<WebSocket> {
  const { port } = server.address() as AddressInfo;
  const viewer = new WebSocket(`ws://127.0.0.1:${port}/ws/operations/${claim.operationId}?after=0`, { headers: { authorization: "Bearer bench" } });
  viewer.on("message", (frame: Buffer) => {
    const { entries } = JSON.parse(frame.toString("utf8")) as StreamFrame;
    for (const { event } of entries) if (event.kind === "output") found.add(event.lines);
    found.reach(entries.at(-1)?.seq ?? 0);
  });
  await once(viewer, "open");
  return viewer;
}

type Collector = ReturnType<typeof collector>;

/** Latencies of the lines that tell when they were printed, and how far the journal was seen. */
function collector() {
  const latencies: number[] = [];
  let seen = 0;
  let waiting: { readonly seq: number; readonly resolve: () => void } | null = null;
  return {
    latencies,
    add: (lines: readonly string[]): void => {
      const at = Date.now();
      for (const line of lines) {
        const printed = printedAt(line);
        if (printed !== null) latencies.push(at - printed);
      }
    },
    reach: (seq: number): void => {
      seen = Math.max(seen, seq);
      if (waiting !== null && seen >= waiting.seq) waiting.resolve();
    },
    reached: (seq: number): Promise<void> =>
      seen >= seq ? Promise.resolve() : new Promise((resolve) => {
        waiting = { seq, resolve };
      }),
  };
}
