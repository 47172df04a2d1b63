import { expect, test } from "vitest";
import { closeCodes } from "#app/domain/operation/stream.ts";
import { followHints } from "./use-live-data.ts";

type Step = "open" | "hint" | number;

/** What pages are asked to do while sockets do `steps`: each close code ends one, and the last one ends the session. */
async function followed(steps: readonly Step[]): Promise<readonly string[]> {
  const did: string[] = [];
  const left = [...steps, closeCodes.ended];
  const asking = { due: () => void did.push("ask"), everyMs: (ms: number) => void did.push(`every ${ms / 1000} s`) };
  const socket: Parameters<typeof followHints>[1]["socket"] = async (_path, { onOpen, onText }) => {
    for (let step = left.shift(); step !== undefined; step = left.shift()) {
      if (typeof step === "number") return step;
      if (step === "open") onOpen();
      else onText('{"changed":true}');
    }
    return closeCodes.ended;
  };
  await followHints(asking, { socket, pause: async () => void did.push("pause") }, new AbortController().signal);
  return did;
}

test("a socket that opens again asks at once for what changed while there was none", async () => {
  expect(await followed(["open", closeCodes.goingAway, "open"])).toEqual([
    "every 30 s",
    "ask",
    "every 5 s",
    "pause",
    "every 30 s",
    "ask",
    "every 5 s",
    "ask",
  ]);
});

test("so does the first one, for what changed since the page was made", async () => {
  expect((await followed(["open"])).slice(0, 2)).toEqual(["every 30 s", "ask"]);
});

test("where no socket opens, nothing is asked but what the time says", async () => {
  expect(await followed([1006, 1006])).toEqual(["every 5 s", "pause", "every 5 s", "pause", "every 5 s", "ask"]);
});

test("each hint asks", async () => {
  expect((await followed(["open", "hint", "hint"])).filter((what) => what === "ask")).toHaveLength(4);
});
