/**
 * The whole portal as it is composed in real life (web, worker, services, journal) on PostgreSQL: only libvirt, set-up and
 * the engine are stood in for. Two portals share one database, as the scaled edition has it.
 */
import { readFile, mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PlanRow } from "#app/domain/plan/plan.ts";
import type { StackEngine, StackProgress, RunRequest } from "#app/ports/stack-engine.ts";
import { compose, type Portal } from "#app/server/compose.server.ts";
import { readConfig } from "#app/foundation/config.server.ts";
import { createLogger } from "#app/server/logger.server.ts";
import { type PostgresServer, startPostgres } from "#tests/contract/processes/postgres-server.ts";
import { ask, calmHypervisor, setupOf } from "./rig.ts";

interface Running {
  readonly url: string;
  readonly token: string;
  readonly portal: Portal;
}

let server: PostgresServer;
let folder: string;
const portals: Running[] = [];
/** What the worker handed to the engine, in order. */
const runs: RunRequest[] = [];
let hold: Promise<void> = Promise.resolve();

const rowsOf = (run: RunRequest): readonly PlanRow[] =>
  run.spec.machines.map((m) => ({
    urn: `urn:${m.name}`,
    name: m.name,
    step: "machine",
    type: "libvirt:index/domain:Domain",
    phase: "boot",
    change: run.planKind === "destroy" ? "delete" : "create",
    impact: "none",
    machine: m.name,
    on: null,
    changed: [],
  }));

const engine: StackEngine & StackProgress = {
  run: async (run, onEvents) => {
    runs.push(run);
    for (const { urn, name, type, step, phase, machine, on } of rowsOf(run))
      await onEvents([{ kind: "step", step: { urn, name, type, step, phase, machine, on }, change: "create", status: "done" }]);
    await hold;
    return { result: "succeeded", rows: rowsOf(run) };
  },
  findDrift: () => Promise.resolve([]),
  recover: () => Promise.resolve({ notes: [] }),
  forget: () => Promise.resolve([]),
};

async function start(name: string): Promise<Running> {
  const home = join(folder, name);
  const env = {
    BERTH_HOME: home,
    BERTH_CACHE: join(folder, "cache"),
    BERTH_DATABASE_URL: server.url("postgres"),
    BERTH_SECRET_KEY_FILE: join(folder, "master.key"),
    BERTH_DRIFT_MINUTES: "0",
  };
  const portal = await compose(readConfig(env, 0), { build: null, browserFolder: null }, createLogger({ write: () => undefined }), {
    engine,
    hypervisor: calmHypervisor,
    setupStatus: setupOf(true),
  });
  await new Promise<void>((resolve) => portal.http.server.listen(0, "127.0.0.1", resolve));
  const { port } = portal.http.server.address() as AddressInfo;
  const token = (await readFile(join(home, "run", "local-token"), "utf8")).trim();
  const running = { url: `http://127.0.0.1:${port}`, token, portal };
  portals.push(running);
  return running;
}

async function stop(running: Running): Promise<void> {
  portals.splice(portals.indexOf(running), 1);
  await running.portal.http.close(200);
  await running.portal.stop();
}

beforeAll(async () => {
  server = await startPostgres();
  folder = await mkdtemp(join(tmpdir(), "berth-on-postgres-"));
});
afterAll(async () => {
  for (const running of [...portals]) await stop(running);
  await server.stop();
  await rm(folder, { recursive: true });
});

interface Operation {
  readonly id: string;
  readonly state: string;
  readonly planNumber: number | null;
}

const call = async (at: Running, method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
  const answer = await ask(at, method, `/api/v1${path}`, { token: at.token, ...(body === undefined ? {} : { body }) });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.json;
};

const idOf = (answer: Record<string, unknown>): string => ((answer.operation ?? answer) as Operation).id;

/** Follows an operation's entries over the API to its end; returns their numbers. */
async function followed(at: Running, id: string): Promise<{ readonly seqs: readonly number[]; readonly operation: Operation }> {
  const seqs: number[] = [];
  for (;;) {
    const page = await call(at, "GET", `/operations/${id}/entries?after=${seqs.at(-1) ?? 0}&wait=20`);
    seqs.push(...(page.entries as { seq: number }[]).map((e) => e.seq));
    if (page.over === true) return { seqs, operation: (await call(at, "GET", `/operations/${id}`)) as unknown as Operation };
  }
}

const gapFree = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

async function approved(at: Running, preview: Operation): Promise<string> {
  const { plan } = (await call(at, "GET", `/tenants/local/clusters/demo/plans/${preview.planNumber}`)) as {
    plan: { hash: string; kind: string };
  };
  return idOf(
    await call(at, "POST", `/tenants/local/clusters/demo/plans/${preview.planNumber}/approve`, {
      hash: plan.hash,
      typedName: plan.kind === "destroy" ? "demo" : null,
    }),
  );
}

test("a cluster lives and goes on PostgreSQL, and a second portal on the same database sees every entry once", async () => {
  const first = await start("one");
  await call(first, "POST", "/tenants", { slug: "local" });
  const made = await call(first, "POST", "/tenants/local/clusters", { name: "demo", workers: 1 });
  const preview = await followed(first, idOf(made));
  expect(preview.operation.state).toBe("succeeded");

  const second = await start("two");
  const free = Promise.withResolvers<void>();
  hold = free.promise;
  const update = await approved(first, preview.operation);
  const seen = Promise.all([followed(first, update), followed(second, update)]);
  await expect.poll(() => runs.some((r) => r.kind === "update"), { timeout: 10_000 }).toBe(true);
  free.resolve();
  const [here, there] = await seen;
  expect(here.operation.state).toBe("succeeded");
  expect(here.seqs).toEqual(gapFree(here.seqs.length));
  expect(there.seqs).toEqual(here.seqs);
  // Two workers look for work; each operation was run by one of them.
  expect(runs.map((r) => r.kind)).toEqual(["preview", "update"]);
  expect((await call(second, "GET", "/tenants/local/clusters/demo")).summary).toMatchObject({ state: "ready", liveRevision: 1 });
  const kubeconfig = await ask(second, "GET", "/api/v1/tenants/local/clusters/demo/kubeconfig", { token: second.token });
  expect(kubeconfig.text).toContain("current-context: local.demo");

  await stop(first);
  const leaving = await followed(second, idOf(await call(second, "POST", "/tenants/local/clusters/demo/preview", { kind: "destroy" })));
  const gone = await followed(second, await approved(second, leaving.operation));
  expect(gone.operation.state).toBe("succeeded");
  const third = await start("three");
  const { receipt } = (await call(third, "GET", "/tenants/local/clusters/demo/receipt")) as { receipt: { rows: { gone: boolean }[] } };
  expect(receipt.rows.length).toBeGreaterThan(0);
  expect(receipt.rows.every((r) => r.gone)).toBe(true);
});
