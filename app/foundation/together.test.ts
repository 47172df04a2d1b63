import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { together } from "./together.ts";

test("results come in the order of the work, whatever ended first", async () => {
  const after = (ms: number) => async () => {
    await sleep(ms);
    return ms;
  };
  expect(await together([after(10), after(1)], undefined)).toEqual([10, 1]);
});

test("when one fails the others are told to stop, and its failure is thrown once they have", async () => {
  let stopped = false;
  const waits = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        stopped = true;
        reject(new Error("asked to stop"));
      });
    });
  const fails = () => Promise.reject(new Error("the disk is full"));
  await expect(together([waits, fails], undefined)).rejects.toThrow("the disk is full");
  expect(stopped).toBe(true);
});

test("a stop from outside reaches all of them", async () => {
  const stop = new AbortController();
  const waits = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  const all = together([waits, waits], stop.signal);
  stop.abort(new Error("enough"));
  await expect(all).rejects.toThrow("enough");
});
