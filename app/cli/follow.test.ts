import { expect, it } from "vitest";
import type { Client } from "./client.ts";
import { Ending, exitCodes } from "./exit-codes.ts";
import { follow } from "./follow.ts";

const away = new Ending(exitCodes.unreachable, "reaching the portal");
const entry = (seq: number) => ({ operationId: "op", seq, at: 0, event: { kind: "state", to: "running", reason: null, by: null } });

/** Answers in turn; what is an error is thrown. Keeps the paths that were asked for. */
function clientOf(answers: readonly unknown[], asked: string[]): Client {
  const get = async <T>(path: string): Promise<T> => {
    asked.push(path);
    const answer = answers[asked.length - 1];
    if (answer instanceof Error) throw answer;
    return answer as T;
  };
  const never = () => Promise.reject(new Error("only read"));
  return { get, text: never, post: never, put: never };
}

it("goes on with its cursor when the portal comes back after a restart", async () => {
  const asked: string[] = [];
  const first = { entries: [entry(1), entry(2)], cursor: 2, over: false };
  const last = { entries: [entry(3)], cursor: 3, over: true };
  const operation = await follow(clientOf([first, away, away, last, { id: "op", state: "succeeded" }], asked), "op", { output: false });
  expect(operation.state).toBe("succeeded");
  expect(asked.map((path) => /after=(\d+)/.exec(path)?.[1] ?? path)).toEqual(["0", "2", "2", "2", "/operations/op"]);
});

it("does not wait for a portal that was never there", async () => {
  await expect(follow(clientOf([away], []), "op", { output: false })).rejects.toBe(away);
});
