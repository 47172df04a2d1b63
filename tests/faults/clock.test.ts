/** Wall clocks that jump while operations run: forwards over every lease, and back behind what was journalled. */
import { afterEach, expect, it } from "vitest";
import { clusterName, finished, planned, standInHost } from "./journey.ts";
import { violationsOf } from "./oracle.ts";
import { record } from "./report.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
afterEach(async () => world.close());

const hour = 3_600_000;
const jumps = [
  { name: "an hour on", offsets: [hour] },
  { name: "an hour back", offsets: [-hour] },
  { name: "to and fro", offsets: [hour, -hour, 0] },
];

it.each(jumps)("the clock jumps $name in mid-run, with two workers on the home", { timeout: 120_000 }, async ({ name, offsets }) => {
  world = await openWorld({ engine: { kind: "stand-in", stepMs: 600, linesPerStep: 5 } });
  await world.start();
  await world.start({ port: null });
  const { person } = world;
  const create = await planned(world, () => person.create(clusterName, 2), "update");
  for (const [i, offset] of offsets.entries()) {
    await world.entry(create, 4 + 3 * i);
    await world.setClock(offset);
  }
  await finished(world, create);
  await world.setClock(0);
  await finished(world, await planned(world, () => person.preview(clusterName, "destroy"), "destroy"));
  const violations = violationsOf(await world.evidence(await standInHost(world)));
  record({ kind: "fault", what: "clock jump", where: name, violations });
  expect(violations).toEqual([]);
});
