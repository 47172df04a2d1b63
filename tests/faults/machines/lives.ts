/** A cluster's life (create, scale, destroy) with one strike in each of the three, and the oracle after each. */
import { setTimeout as sleep } from "node:timers/promises";
import { clusterName, finished, planned } from "#tests/faults/journey.ts";
import { type Violation, violationsOf } from "#tests/faults/oracle.ts";
import { chosen, numbersFrom, seed, shuffled, whole } from "#tests/faults/points.ts";
import { record } from "#tests/faults/report.ts";
import { startLibvirtd } from "./libvirtd.ts";
import type { MachineWorld } from "./machine-world.ts";
import { kill, type Victim } from "./victims.ts";

export const acts = ["create", "scale", "destroy"] as const;
export type Act = (typeof acts)[number];

export interface Point {
  readonly victim: Victim;
  readonly seq: number;
}

export type Life = Readonly<Record<Act, Point>>;

/** About how many entries each act has when nothing goes wrong. A point that an act does not reach is not counted. */
export type Lengths = Readonly<Record<Act, number>>;

/**
 * Every entry with every victim, from the first at which it runs; each life takes the next of each list. How many
 * entries an act has depends on how its output falls into batches: a point too many costs time only.
 */
function everyLife(victims: readonly Victim[], lengths: Lengths): readonly Life[] {
  const [create, scale, destroy] = acts.map((act, i) =>
    shuffled(
      victims.flatMap((victim) => Array.from({ length: lengths[act] - 1 }, (_, n) => ({ victim, seq: n + 2 }))),
      seed + i,
    ),
  ) as [readonly Point[], readonly Point[], readonly Point[]];
  const at = (list: readonly Point[], i: number): Point => list[i % list.length] as Point;
  const count = Math.max(create.length, scale.length, destroy.length);
  return Array.from({ length: count }, (_, i) => ({ create: at(create, i), scale: at(scale, i), destroy: at(destroy, i) }));
}

/** Victims one after another, entries by the seed. */
function fewLives(victims: readonly Victim[], lengths: Lengths, count: number): readonly Life[] {
  const next = numbersFrom(seed);
  const order = shuffled(victims);
  const point = (act: Act, n: number): Point => ({
    victim: order[n % order.length] as Victim,
    seq: 3 + Math.floor(next() * (lengths[act] - 4)),
  });
  return Array.from({ length: count }, (_, i) => ({
    create: point("create", 3 * i),
    scale: point("scale", 3 * i + 1),
    destroy: point("destroy", 3 * i + 2),
  }));
}

export const lives = (list: string, victims: readonly Victim[], lengths: Lengths, count: number): readonly Life[] =>
  whole ? chosen(list, everyLife(victims, lengths), count) : fewLives(victims, lengths, count);

export const nameOf = (life: Life): string => acts.map((act) => `${act} ${life[act].victim}@${life[act].seq}`).join(", ");

export const ordersOf = (world: MachineWorld): Readonly<Record<Act, () => Promise<string>>> => ({
  create: () => planned(world, () => world.person.create(clusterName, 0), "update"),
  scale: () => planned(world, () => world.person.edit(clusterName, 1), "update"),
  destroy: () => planned(world, () => world.person.preview(clusterName, "destroy"), "destroy"),
});

/** Runs the operation and strikes when its journal has come so far; resolves to false when it was over before. */
export async function struck(world: MachineWorld, id: string, seq: number, strike: () => Promise<boolean>): Promise<boolean> {
  const ended = finished(world, id);
  const reached = await Promise.race([world.entry(id, seq), ended.then(() => null)]);
  const operation = await world.stores.operations.get(id);
  const hit = reached !== null && operation?.state === "running" && (await strike());
  await ended;
  return hit;
}

export async function judged(world: MachineWorld, act: Act): Promise<readonly Violation[]> {
  const preview = act === "destroy" ? null : await world.secondPreview();
  return violationsOf(await world.evidence(await world.host(), preview));
}

/** At once, or as soon as there is such a process: plugins and CLIs come and go. */
const strikeWith = (world: MachineWorld, victim: Victim, id: string) => async (): Promise<boolean> => {
  const hunt = await world.hunt();
  let hit = kill(victim, hunt) > 0;
  for (let i = 0; !hit && i < 100; i += 1) {
    await sleep(30);
    if ((await world.stores.operations.get(id))?.state !== "running") return false;
    hit = kill(victim, hunt) > 0;
  }
  // Somebody starts it again; in a real home the launcher or systemd.
  if (hit && victim === "libvirtd") setTimeout(() => void startLibvirtd(world.hypervisor), 3_000);
  return hit;
};

/** The home goes away with the world: its path would mean nothing to a reader of the record. */
const notEnded = (world: MachineWorld, error: unknown): readonly Violation[] => [
  { promise: "one-end", says: (error instanceof Error ? error.message : String(error)).replaceAll(world.home, "HOME") },
];

/** Lives it through; resolves to what was violated, by act. */
export async function live(world: MachineWorld, life: Life): Promise<Readonly<Record<string, readonly Violation[]>>> {
  const found: Record<string, readonly Violation[]> = {};
  for (const act of acts) {
    const { victim, seq } = life[act];
    const id = await ordersOf(world)[act]();
    let hit = false;
    const strike = strikeWith(world, victim, id);
    const stuck = await struck(world, id, seq, async () => (hit = await strike())).then(
      () => [],
      (error: unknown) => notEnded(world, error),
    );
    if (victim === "libvirtd") await startLibvirtd(world.hypervisor);
    const violations = stuck.length > 0 ? stuck : await judged(world, act);
    const head = await world.stores.journal.head(id);
    if (hit)
      record({
        kind: "kill",
        what: `SIGKILL of ${victim}`,
        where: `${act} of ${world.things}, entry ${seq}`,
        violations,
        measured: await restartsOf(world, id),
      });
    // Where nothing was struck nothing was tried; what is broken is broken all the same.
    else if (violations.length > 0)
      record({
        kind: "fault",
        what: "nothing (no such process, or over before)",
        where: `${act} of ${world.things}, entry ${seq} of ${head}`,
        violations,
      });
    if (violations.length > 0) found[`${act}: ${victim} at entry ${seq}${hit ? "" : ", not reached"}`] = violations;
    // There is no continuing from an operation that does not end.
    if (stuck.length > 0) break;
  }
  return found;
}

/** Milliseconds from a worker's start to the next entry of the operation that its predecessor was running. */
export async function restartsOf(world: MachineWorld, id: string): Promise<Readonly<Record<string, number>>> {
  const [, ...ups] = world.worker.ups;
  const entries = await world.stores.journal.read(id, 0, 100_000);
  const [first, last] = [entries.at(0)?.at ?? 0, entries.at(-1)?.at ?? 0];
  const waits = ups.filter((up) => up > first && up < last).map((up) => (entries.find((e) => e.at >= up)?.at ?? up) - up);
  return waits.length === 0 ? {} : { "ms to the first progress after a restart": Math.max(...waits) };
}
