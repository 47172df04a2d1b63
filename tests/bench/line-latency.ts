/**
 * R5: how long a line that a command prints is under way. Ours: provider → engine → driver → durable journal →
 * WebSocket frame in a viewer. Reference: the same program by the bare Automation API → the CLI's standard output.
 */
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { clientAddressBehind } from "#app/server/requests/client-address.server.ts";
import { createFeed } from "#app/server/socket/feed.server.ts";
import { attachSockets } from "#app/server/socket/socket.server.ts";
import { addHome, claimNext, newOperation } from "#tests/contract/fixtures.ts";
import { bareEnvironment } from "./bare-environment.ts";
import { startChild } from "./crowd/child.ts";
import { epochMs } from "./crowd/clock.ts";
import { demandWhole } from "./crowd/side.ts";
import type { CrowdAnswer, CrowdQuestion } from "./crowd/viewers.ts";
import { clusterProgram, printedAt } from "./programs/talker.ts";
import type { Comparison } from "./report.ts";
import { benchStack } from "./run.ts";
import { median, quantile } from "./statistics.ts";

const viewers = 100;

/** One value per round over the lines of all viewers, in milliseconds: the middle one, and the slowest hundredth. */
export async function lineLatency(engineFolder: string, rounds: number): Promise<readonly Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), "berth-bench-"));
  const ours: (readonly number[])[] = [];
  const reference: (readonly number[])[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      ours.push(await throughBerth(join(folder, `berth-${round}`), engineFolder));
      reference.push(await throughCli(join(folder, `bare-${round}`), engineFolder));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const at = (title: string, of: (delays: readonly number[]) => number): Comparison => ({
    id: "R5",
    title: `a printed line until ${viewers} viewers see it, ${title}`,
    unit: "ms",
    ours: { name: "WebSocket frame", values: ours.map(of) },
    reference: { name: "CLI standard output", values: reference.map(of) },
  });
  return [at("median", median), at("slowest hundredth", (delays) => quantile(delays, 0.99))];
}

async function throughCli(home: string, engineFolder: string): Promise<readonly number[]> {
  const workDir = join(home, "work");
  await mkdir(workDir, { recursive: true });
  const stack = await LocalWorkspace.createStack(
    { projectName: "bench", stackName: "bench", program: clusterProgram({ revision: 1 }) },
    { workDir, pulumiCommand: await PulumiCommand.get({ root: engineFolder }), envVars: bareEnvironment(home, engineFolder) },
  );
  const delays: number[] = [];
  await stack.up({ color: "never", onOutput: (text) => void delays.push(...delaysOf(text)) });
  return delays;
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
  const sockets = attachSockets(server, {
    operations,
    journal,
    feed,
    whoIs,
    site: { publicUrl: "http://localhost" },
    onError: complain,
    clientAddress: clientAddressBehind([]),
    limits: { perPerson: viewers, perTenant: viewers },
  });
  const crowd = await startChild<CrowdQuestion, CrowdAnswer>(new URL("./crowd/viewers.ts", import.meta.url));
  const { port } = server.address() as AddressInfo;
  await crowd.ask({ ask: "open", stream: { port, path: `/ws/operations/${claim.operationId}`, token: "bench" }, viewers, after: 0 });
  const { engine, run } = await benchStack(home, engineFolder, "talker");
  const append = async (events: readonly OperationEvent[]) => void (await journal.append(claim, events, Date.now()));
  await engine.run(run("update", 1), append, new AbortController().signal);
  const seen = await crowd.ask({ ask: "reach", seq: await journal.head(claim.operationId) });
  demandWhole("bench R5", seen);
  await crowd.end();
  await sockets.drain(1_000);
  feed.close();
  server.close();
  await database.close();
  return seen.lineDelays;
}

const actor: Actor = { personId: "bench", name: "bench", operator: true, memberships: {} };
const whoIs = () => Promise.resolve({ actor, session: null });

const complain = (error: unknown, doing: string): void => console.error(`bench R5: ${doing}: ${String(error)}`);

/** How long ago the lines that tell their time were printed. */
function delaysOf(text: string): readonly number[] {
  const at = epochMs();
  return text.split("\n").flatMap((line) => {
    const printed = printedAt(line);
    return printed === null ? [] : [at - printed];
  });
}
