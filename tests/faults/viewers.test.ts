/** Viewers of every kind while the portal dies under them: those who come and go, read slowly, or never read at all. */
import { afterEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import { clusterName, finished, standInHost } from "./journey.ts";
import { violationsOf } from "./oracle.ts";
import { chosen, held, numbersFrom, seed } from "./points.ts";
import { record } from "./report.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
const dead: WebSocket[] = [];
afterEach(async () => {
  for (const ws of dead.splice(0)) ws.terminate();
  await world.close();
});

/** Opens a socket and never reads from it. */
function neverReads(url: string, token: string, id: string): void {
  const ws = new WebSocket(`${url.replace("http", "ws")}/ws/operations/${id}`, { headers: { Authorization: `Bearer ${token}` } });
  ws.on("open", () => ws.pause());
  ws.on("error", () => undefined);
  dead.push(ws);
}

const rounds = chosen("rounds", [1, 2, 3, 4, 5, 6, 7, 8], 1).map((round) => ({ round }));

it.each(rounds)(
  `every viewer has every event once, in order, though the portal is killed three times (seed ${seed}, round $round)`,
  { timeout: 180_000 },
  async ({ round }) => {
    // Two machines with 400 lines of 500 bytes each: more than any socket buffers.
    world = await openWorld({
      engine: { kind: "stand-in", stepMs: 5, linesPerStep: 400, lineBytes: 500 },
      socketLimits: { stallMs: 1_000, pingMs: 500, highWater: 65_536 },
    });
    const portal = await world.start();
    const { person } = world;
    const preview = await person.over(await person.create(clusterName, 1));
    const id = await person.approve(clusterName, preview);
    for (let i = 0; i < 5; i += 1) world.watch(id);
    for (let i = 0; i < 5; i += 1) world.watch(id, { leavesEvery: 20 + 30 * i });
    world.watch(id, { readsEveryMs: 300 });
    for (let i = 0; i < 5; i += 1) neverReads(`http://127.0.0.1:${portal.order.port}`, person.token, id);
    const next = numbersFrom(seed + round);
    const places = [next(), next(), next()].map((n) => 5 + Math.floor(n * 700)).sort((a, b) => a - b);
    const killing = (async () => {
      for (const seq of places) {
        await portal.up();
        await world.entry(id, seq);
        portal.signal("SIGKILL");
      }
    })();
    await finished(world, id);
    await killing;
    await finished(world, id);
    const evidence = await world.evidence(await standInHost(world));
    const violations = violationsOf(evidence);
    record({ kind: "fault", what: "slow and dead viewers, portal killed", where: `entries ${places.join(", ")}`, violations });
    expect(violations).toEqual([]);
    held("rounds", round);
  },
);
