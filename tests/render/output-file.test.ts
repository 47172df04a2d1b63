/** The download of an output: whole, however its entries are spread over the pages of the journal. */
import { afterEach, expect, test } from "vitest";
import type { OperationEvent, OutputSource } from "#app/domain/operation/event.ts";
import { makeCluster, type Rig, startRig } from "#tests/api/rig.ts";
import { renderPage } from "./render-page.tsx";

let rig: Rig;
afterEach(() => rig.close());

const output = (source: OutputSource, line: string): OperationEvent => ({
  kind: "output",
  source,
  machine: null,
  step: null,
  lines: [line],
});

/** What a person gets who downloads the commands' output, without the times. */
async function downloaded(events: readonly OperationEvent[]): Promise<readonly string[]> {
  rig = await startRig();
  const id = await makeCluster(rig, await rig.person("ada"), "demo");
  await rig.append(await rig.claim(), ...events);
  const { status, html } = await renderPage({ path: `/operations/${id}/output?source=command`, services: rig.services, file: true });
  expect(status).toBe(200);
  return html
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\S+ /, ""));
}

const numbered = (count: number, characters: number) => Array.from({ length: count }, (_, i) => `${i} ${"x".repeat(characters)}`);

test.each([
  [40, 100_000],
  [3, 1_200_000],
  [2_500, 10],
])("%i entries of %i characters are all in the file", async (count, characters) => {
  const lines = numbered(count, characters);
  const got = await downloaded(lines.map((line) => output("command", line)));
  expect(got.map((line) => line.length)).toEqual(lines.map((line) => line.length));
  expect(got.at(-1)).toBe(lines.at(-1));
});

test("pages without a line of the output that is asked for do not end the file", async () => {
  const others = numbered(30, 100_000).map((line) => output("console", line));
  expect(await downloaded([output("command", "first"), ...others, output("command", "last")])).toEqual(["first", "last"]);
});
