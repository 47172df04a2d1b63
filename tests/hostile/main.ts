/**
 * `node tests/hostile/main.ts [--requests N] [--seed N] [--at-once N]`: the list of requests that did harm, every strange
 * text in every place, and N generated requests (100,000 unless said otherwise) against a running portal on loopback.
 * Needs the pages (`npm run build`). Ends with 1 when an answer was 500 or more, when the portal grew by 64 MiB or more,
 * or when an ordinary request beside them waited 200 ms or longer.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { portalFlags } from "#app/setup/launcher/portal.ts";
import { freePort } from "#tests/faults/portal.ts";
import { attackerOn, joinAs } from "./attacker.ts";
import { type RawRequest, send } from "./raw-request.ts";
import { anyRequest, knownRequests, strangeRequests, strangeTexts } from "./requests.ts";

const limits = { grownMiB: 64, waitedMs: 200 };
const perBatch = 2_000;

const { values } = parseArgs({
  options: { requests: { type: "string", default: "100000" }, seed: { type: "string" }, "at-once": { type: "string", default: "4" } },
});
const options = {
  requests: Number(values.requests),
  seed: Number(values.seed ?? Date.now() % 1_000_000),
  atOnce: Number(values["at-once"]),
};

interface Tally {
  readonly statuses: Map<string, number>;
  readonly broken: string[];
  sent: number;
}

/** A sign-in that is slowed down is not waited for: the next request goes out beside it. */
const patienceMs = 300;
const mostPending = 200;

async function sendAll(port: number, requests: readonly RawRequest[], tally: Tally): Promise<void> {
  const left = [...requests];
  const pending = new Set<Promise<void>>();
  const lane = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const sending = sendOne(port, next, tally).finally(() => pending.delete(sending));
      pending.add(sending);
      await Promise.race([sending, sleep(patienceMs)]);
      if (pending.size > mostPending) await Promise.race(pending);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, lane));
  await Promise.all(pending);
}

async function sendOne(port: number, request: RawRequest, tally: Tally): Promise<void> {
  tally.sent += 1;
  const { status } = await send(port, request, `127.0.0.${1 + (tally.sent % 250)}`);
  const group = status === null ? "no answer" : `${Math.floor(status / 100)}xx`;
  tally.statuses.set(group, (tally.statuses.get(group) ?? 0) + 1);
  if (status === null || status < 500) return;
  tally.broken.push(
    `${status} ${request.method} ${request.target.slice(0, 300)} ${JSON.stringify(request.headers).slice(0, 500)} ${request.body.subarray(0, 300).toString("latin1")}`,
  );
}

async function residentMiB(pid: number): Promise<number> {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}

/** One ordinary request after the other, 50 ms apart. `stop` gives every wait in milliseconds. */
function watchHealth(port: number, token: string): { readonly stop: () => Promise<number[]> } {
  const watch = new Worker(new URL("health-watch.ts", import.meta.url), { workerData: { port, token } });
  return {
    stop: async () => {
      watch.postMessage("stop");
      const [waits] = (await once(watch, "message")) as [number[]];
      return waits;
    },
  };
}

async function startPortal(home: string, port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...portalFlags, new URL("portal-process.ts", import.meta.url).pathname, home, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (text) => String(text).includes("up") && resolve());
    child.once("close", (code) => reject(new Error(`starting the portal: it ended with ${code}`)));
  });
  return child;
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

async function run(home: string): Promise<number> {
  const port = await freePort();
  const child = await startPortal(home, port);
  const pid = child.pid ?? 0;
  try {
    const who = await attackerOn(await joinAs(`http://127.0.0.1:${port}`, home, "mallory"));
    const tally: Tally = { statuses: new Map(), broken: [], sent: 0 };
    // What a portal takes once (code, caches, tables) is no growth.
    await sendAll(port, [...knownRequests(who), ...fc.sample(anyRequest(who), { numRuns: 3_000, seed: options.seed - 1 })], tally);
    const before = await residentMiB(pid);
    let most = before;
    const health = watchHealth(port, who.token);
    console.log(`hostile: seed ${options.seed}, resident ${before.toFixed(0)} MiB after ${tally.sent} requests to warm up`);
    await sendAll(port, [...knownRequests(who), ...strangeTexts.flatMap((text) => strangeRequests(who, text))], tally);
    for (let done = 0; done < options.requests; done += perBatch) {
      await sendAll(
        port,
        fc.sample(anyRequest(who), { numRuns: Math.min(perBatch, options.requests - done), seed: options.seed + done }),
        tally,
      );
      most = Math.max(most, await residentMiB(pid));
      if ((done / perBatch) % 5 === 4) console.log(`${done + perBatch} generated, resident ${(await residentMiB(pid)).toFixed(0)} MiB`);
    }
    const waits = (await health.stop()).sort((a, b) => a - b);
    const longest = quantile(waits, 1);
    console.log(`requests: ${tally.sent} (${[...tally.statuses].map(([group, count]) => `${group}: ${count}`).join(", ")})`);
    console.log(`500 and more: ${tally.broken.length}`);
    for (const line of tally.broken.slice(0, 20)) console.log(`  ${line}`);
    console.log(
      `resident memory: ${before.toFixed(0)} MiB before, ${most.toFixed(0)} MiB at most, grown by ${(most - before).toFixed(0)} MiB (limit ${limits.grownMiB})`,
    );
    console.log(
      `ordinary requests beside them: ${waits.length}, median ${quantile(waits, 0.5).toFixed(1)} ms, 99.9 % within ${quantile(waits, 0.999).toFixed(0)} ms, longest ${longest.toFixed(0)} ms (limit ${limits.waitedMs})`,
    );
    return tally.broken.length === 0 && most - before < limits.grownMiB && longest < limits.waitedMs ? 0 : 1;
  } finally {
    child.kill("SIGKILL");
  }
}

const home = await mkdtemp(join(tmpdir(), "berth-hostile-"));
process.exitCode = await run(home).finally(() => rm(home, { recursive: true, force: true }));
