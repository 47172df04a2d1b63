/**
 * The narrow windows: a portal that dies, stops or stumbles between a commit and its answer, between reading and
 * sending, between the engine's end and the record of it, and again while it recovers that. One person makes a
 * cluster, changes it and tears it down through whatever happens; viewers watch all of it. Another cancels in the middle.
 */
import { afterEach, describe, expect, it } from "vitest";
import type { FailpointName } from "#app/ports/failpoint.ts";
import { clusterName, finished, journey, planned, standInHost } from "./journey.ts";
import { violationsOf } from "./oracle.ts";
import { chosen, held, seed } from "./points.ts";
import type { ArmedPoint } from "./portal.ts";
import { record } from "./report.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
afterEach(async () => world.close());

/** Six operations pass here, each once: preview and update, preview and update, preview and destroy. */
const once: readonly FailpointName[] = [
  ...([
    "submit.before-commit",
    "submit.after-commit",
    "claim.before-commit",
    "claim.after-commit",
    "finish.before-commit",
    "finish.after-commit",
  ] as const),
  ...(["run.claimed", "run.before-engine", "run.after-engine", "run.before-finish"] as const),
];
/** These are passed many times. */
const often: readonly FailpointName[] = [
  ...(["append.before-commit", "append.after-commit", "answer.before-send"] as const),
  ...(["socket.before-read", "socket.before-send", "socket.after-send"] as const),
];
/** These only after something else went wrong. */
const after: readonly FailpointName[] = ["recover.begun", "recover.before-interrupt", "resume.before-commit", "resume.after-commit"];
const effects = ["kill", "stop", "throw"] as const;

const each = (names: readonly FailpointName[], nths: readonly number[]): readonly ArmedPoint[] =>
  names.flatMap((name) => effects.flatMap((effect) => nths.map((nth) => ({ name, effect, nth }))));

const first: ArmedPoint = { name: "run.after-engine", effect: "kill", nth: 2 };
const single = [...each(once, [1, 2, 3, 4, 5, 6]), ...each(often, [1, 2, 3, 5, 8, 13])].map((point) => [point]);
const double = each(after, [1]).map((point) => [first, point]);

const text = (points: readonly ArmedPoint[]): string => points.map((p) => `${p.name} ${p.effect} at passage ${p.nth}`).join(", then ");
/** Always tried: nothing else is written after it that would wake a viewer. */
const lastWord: readonly ArmedPoint[] = [{ name: "finish.after-commit", effect: "throw", nth: 4 }];
const drawn = [...chosen("windows", single, 5), ...chosen("windows", double, 2)].filter((armed) => text(armed) !== text(lastWord));
const points = [lastWord, ...drawn].map((armed) => ({ armed, name: text(armed) }));

describe(`failpoints (seed ${seed})`, () => {
  it.each(points)("$name", { timeout: 180_000 }, async ({ armed, name }) => {
    world = await openWorld();
    const portal = await world.start({}, { failpoints: armed });
    const violations = violationsOf(await journey(world));
    const killed = armed.some((p) => p.effect === "kill");
    if (portal.reached === armed.length)
      record({
        kind: killed ? "kill" : "fault",
        what: `failpoint: ${armed.map((p) => p.effect).join(", then ")}`,
        where: name,
        violations,
      });
    expect(violations).toEqual([]);
    expect(portal.reached).toBe(armed.length);
    held("windows", armed);
  });
});

describe(`failpoints of a cancel (seed ${seed})`, () => {
  const cancels = each(["cancel.before-commit", "cancel.after-commit"], [1]);
  it.each(chosen("windows of a cancel", cancels, 1))(
    "$name $effect: what was answered holds, and the rest can be resumed",
    { timeout: 120_000 },
    async (point) => {
      // Long enough for a portal that died to be there again before the end: a cancel that comes after it is too late.
      world = await openWorld({ engine: { kind: "stand-in", stepMs: 1_500, linesPerStep: 3 } });
      const { person } = world;
      const portal = await world.start({}, { failpoints: [point] });
      const id = await planned(world, () => person.create(clusterName, 3), "update");
      await world.sees(id, (e) => e.kind === "step" && e.status === "running");
      await person.ask("POST", `/operations/${id}/cancel`);
      const { event } = await world.sees(id, (e) => e.kind === "state" && ["succeeded", "failed", "cancelled"].includes(e.to));
      const asked = (await world.stores.journal.read(id, 0, 100_000)).filter((e) => e.event.kind === "cancel-requested");
      await finished(world, id);
      await finished(world, await planned(world, () => person.preview(clusterName, "destroy"), "destroy"));
      const violations = violationsOf(await world.evidence(await standInHost(world)));
      record({ kind: point.effect === "kill" ? "kill" : "fault", what: `failpoint: ${point.effect}`, where: point.name, violations });
      expect(event).toMatchObject({ to: "cancelled" });
      expect(asked).toHaveLength(1);
      expect(violations).toEqual([]);
      expect(portal.reached).toBe(1);
      held("windows of a cancel", point);
    },
  );
});
