/**
 * R12: every list of a portal with many clusters and operations, as a page and as JSON: milliseconds from the request to the
 * last byte, and bytes. The reference is the same portal with a few of everything: the ratio says what the number costs.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { freePort } from "#tests/faults/portal.ts";
import type { Comparison } from "#tests/bench/report.ts";
import { answerSizes, type Measured, timed } from "./answer.ts";
import { type HomeShape, type ListHome, makeListHome } from "./home.ts";

export interface ListShape {
  readonly clusters: number;
  readonly operations: number;
  readonly rounds: number;
}

/** What the product promises of every list. */
const limits = { ms: 200, kB: 100 };

interface List {
  readonly name: string;
  readonly path: (home: ListHome) => string;
  readonly as: "operator" | "owner";
}

const lists: readonly List[] = [
  { name: "dashboard of an operator", path: () => "/", as: "operator" },
  { name: "dashboard of an owner", path: () => "/", as: "owner" },
  { name: "a tenant", path: ({ tenant }) => `/tenants/${tenant}`, as: "owner" },
  { name: "tenants", path: () => "/tenants", as: "operator" },
  { name: "search", path: () => "/search?q=c00", as: "operator" },
  { name: "operations", path: () => "/operations", as: "operator" },
  { name: "operations that failed", path: () => "/operations?state=failed", as: "operator" },
  { name: "operations of a tenant", path: ({ tenant }) => `/operations?tenant=${tenant}`, as: "owner" },
  {
    name: "a cluster with a long history",
    path: ({ tenant, cluster }) => `/tenants/${tenant}/clusters/${cluster}?tab=operations`,
    as: "owner",
  },
  { name: "drift of a cluster", path: ({ tenant }) => `/tenants/${tenant}/clusters/c00003/drift`, as: "owner" },
  { name: "form of a new cluster", path: ({ tenant }) => `/tenants/${tenant}/clusters/new`, as: "owner" },
  { name: "people", path: () => "/people", as: "operator" },
  { name: "images", path: () => "/images", as: "operator" },
];

/** There is no JSON of these addresses. */
const pageOnly = new Set(["search"]);

interface Side {
  readonly home: ListHome;
  readonly port: number;
  end(): Promise<void>;
}

export async function benchLists(shape: ListShape): Promise<readonly Comparison[]> {
  const pages = await buildPages();
  const sides: Side[] = [];
  try {
    sides.push(
      await openSide(pages, {
        ...shape,
        tenants: Math.max(2, Math.round(shape.clusters / 50)),
        people: Math.max(3, Math.round(shape.clusters / 20)),
      }),
    );
    sides.push(await openSide(pages, { clusters: 20, operations: 60, tenants: 2, people: 3 }));
    return await measureAll(sides, shape.rounds);
  } finally {
    for (const side of sides) await side.end();
    await rm(pages, { recursive: true });
  }
}

async function buildPages(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "berth-lists-pages-"));
  await execa(process.execPath, ["node_modules/.bin/remix", "vite:build", "--config", ".config/vite.config.ts"], {
    env: { BERTH_PAGES_FOLDER: folder, NODE_ENV: "production" },
  });
  // The pages import packages, and Node.js looks for them from where the pages lie.
  await symlink(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
  return folder;
}

async function openSide(pages: string, shape: HomeShape): Promise<Side> {
  const folder = await mkdtemp(join(tmpdir(), "berth-lists-"));
  const home = await makeListHome(folder, shape);
  const port = await freePort();
  const child = await startPortal(folder, port, pages);
  return { home, port, end: () => endPortal(child).then(() => rm(folder, { recursive: true })) };
}

async function startPortal(home: string, port: number, pages: string): Promise<ChildProcess> {
  const program = new URL("../../hostile/portal-process.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [program, home, String(port), pages, "idle"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (text) => String(text).includes("up") && resolve());
    child.once("close", (code) => reject(new Error(`starting the portal: it ended with ${code}`)));
  });
  return child;
}

async function endPortal(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.kill("SIGKILL");
  await ended;
}

async function measureAll(sides: readonly Side[], rounds: number): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = [];
  console.error("| List | Form | Median ms | Worst ms | kB | kB compressed | |\n|---|---|---|---|---|---|---|");
  for (const list of lists) {
    for (const form of pageOnly.has(list.name) ? (["page"] as const) : (["page", "json"] as const)) {
      const [ours, reference] = await measure(sides, list, form, rounds);
      if (!ours || !reference) throw new Error("measuring the lists: a side is missing");
      console.error(lineOf(list, form, ours));
      comparisons.push({
        id: "R12",
        title: `${list.name}, ${form === "page" ? "page" : "JSON"} (${kB(ours.plainBytes)} kB, compressed ${kB(ours.sentBytes)})`,
        unit: "ms",
        ours: { name: "many", values: ours.ms },
        reference: { name: "few", values: reference.ms },
      });
    }
  }
  return comparisons;
}

/** The sides take turns; the first round warms up. */
async function measure(sides: readonly Side[], { path, as }: List, form: "page" | "json", rounds: number): Promise<readonly Measured[]> {
  const ms = sides.map((): number[] => []);
  const ask = ({ home, port }: Side) => ({
    port,
    path: path(home),
    token: home[as],
    accept: form === "page" ? "text/html" : "application/json",
  });
  for (let i = 0; i <= rounds; i++) {
    for (const [at, side] of sides.entries()) {
      const took = await timed(ask(side));
      if (i > 0) ms[at]?.push(took);
    }
  }
  return await Promise.all(sides.map(async (side, at) => ({ ms: ms[at] ?? [], ...(await answerSizes(ask(side))) })));
}

const kB = (bytes: number): string => (bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0);

function lineOf({ name }: List, form: string, { ms, plainBytes, sentBytes }: Measured): string {
  const sorted = ms.toSorted((a, b) => a - b);
  const [median, worst] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0];
  const isOver = median > limits.ms || sentBytes > limits.kB * 1000;
  return `| ${[name, form, median.toFixed(0), worst.toFixed(0), kB(plainBytes), kB(sentBytes), isOver ? "over the limit" : ""].join(" | ")} |`;
}
