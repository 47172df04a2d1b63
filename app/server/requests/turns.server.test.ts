import { expect, it } from "vitest";
import { takeTurns } from "./turns.server.ts";

it("lets callers take turns, one piece of work at a time", async () => {
  const turns = takeTurns();
  const done: string[] = [];
  let atWork = 0;
  const work = (name: string) => async () => {
    expect(++atWork).toBe(1);
    await Promise.resolve();
    atWork -= 1;
    done.push(name);
  };
  const ask = (caller: string, count: number) => Array.from({ length: count }, (_, i) => turns(caller, work(`${caller}${i + 1}`)));
  await Promise.all([...ask("a", 4), ...ask("b", 1), ...ask("c", 2)]);
  expect(done).toEqual(["a1", "b1", "c1", "a2", "c2", "a3", "a4"]);
});

it("gives what the work gives, and continues after one that failed", async () => {
  const turns = takeTurns();
  const failing = turns("a", () => Promise.reject(new Error("broken")));
  const after = turns("a", () => Promise.resolve(7));
  await expect(failing).rejects.toThrow("broken");
  expect(await after).toBe(7);
});

it("lets other events through between two pieces", async () => {
  const turns = takeTurns();
  const order: string[] = [];
  setImmediate(() => order.push("event"));
  await Promise.all(["one", "two", "three"].map((name) => turns("a", async () => void order.push(name))));
  expect(order.indexOf("event")).toBeLessThan(2);
});
