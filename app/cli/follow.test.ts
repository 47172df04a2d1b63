import { beforeEach, expect, it, vi } from "vitest";
import type { BlockedOn } from "#app/domain/operation/interruption-status.ts";
import { message } from "#app/domain/message/message.ts";
import { inEnglish } from "#app/messages/in-english.ts";
import type { Client } from "./client.ts";
import { Ending, exitCodes } from "./exit-codes.ts";
import { follow } from "./follow.ts";

const away = new Ending(exitCodes.unreachable, "reaching the portal");
const entry = (seq: number, to = "running", reason: string | null = null) => ({
  operationId: "op",
  seq,
  at: 0,
  event: { kind: "state", to, reason, by: null },
});
const page = (...entries: readonly ReturnType<typeof entry>[]) => ({ entries, cursor: entries.at(-1)?.seq ?? 2, over: false });
const holderGone = inEnglish([message("holder-gone")]);
const interrupted = page(entry(1), entry(2, "interrupted", holderGone));
const succeeded = [{ ...page(entry(3, "queued"), entry(4), entry(5, "succeeded")), over: true }];
const silence = page();
const personsTurn = { exitCode: exitCodes.failed, message: expect.stringContaining("berth operation resume op --wait") as string };
/** A clock by which every request takes so long. */
const clockOf = (asked: readonly string[], seconds: number) => () => asked.length * seconds * 1_000;

const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
beforeEach(() => void written.mockClear());

/** Gives these pages one after another; what is an error is thrown. Keeps the paths by which they were asked for. */
function clientOf(pages: readonly unknown[], asked: string[], turn: BlockedOn = "berth"): Client {
  const get = async <T>(path: string): Promise<T> => {
    if (!path.includes("/entries")) return { id: "op", state: asked.length < pages.length ? "interrupted" : "succeeded", turn } as T;
    asked.push(path);
    const answer = pages[asked.length - 1];
    if (answer instanceof Error) throw answer;
    return answer as T;
  };
  const never = () => Promise.reject(new Error("only read"));
  return { get, text: never, post: never, put: never };
}

it("continues with its cursor when the portal comes back after a restart", async () => {
  const asked: string[] = [];
  const first = { entries: [entry(1), entry(2)], cursor: 2, over: false };
  const last = { entries: [entry(3)], cursor: 3, over: true };
  const operation = await follow(clientOf([first, away, away, last], asked), "op", { output: false });
  expect(operation.state).toBe("succeeded");
  expect(asked.map((path) => /after=(\d+)/.exec(path)?.[1] ?? path)).toEqual(["0", "2", "2", "2"]);
});

it("does not wait for a portal that was never there", async () => {
  await expect(follow(clientOf([away], []), "op", { output: false })).rejects.toBe(away);
});

it("takes an interruption that Berth ends by itself for no end", async () => {
  const operation = await follow(clientOf([interrupted, silence, silence, ...succeeded], []), "op", { output: false });
  expect(operation.state).toBe("succeeded");
});

it("ends when an interruption outlasts every automatic pause, and says once what it waits for", async () => {
  const asked: string[] = [];
  await expect(
    follow(clientOf([interrupted, silence, silence, silence], asked), "op", { output: false }, clockOf(asked, 25)),
  ).rejects.toMatchObject(personsTurn);
  const said = written.mock.calls.map(([text]) => String(text)).filter((text) => text.includes("waiting for Berth to resume it"));
  expect([asked.length, said]).toEqual([4, [expect.stringContaining("interrupted")]]);
});

it.each(["libvirt", "image"] as const)("waits for the %s as long as it is away, and reports it once", async (turn) => {
  const asked: string[] = [];
  const operation = await follow(
    clientOf([interrupted, silence, silence, silence, ...succeeded], asked, turn),
    "op",
    { output: false },
    clockOf(asked, 500),
  );
  expect(operation.state).toBe("succeeded");
  expect(written.mock.calls.map(([text]) => String(text)).filter((text) => text.includes("waiting for"))).toHaveLength(1);
});

it("starts the wait again with every interruption", async () => {
  const asked: string[] = [];
  const again = page(entry(3, "queued"), entry(4), entry(5, "interrupted", holderGone));
  const operation = await follow(
    clientOf([interrupted, silence, again, silence, ...succeeded], asked),
    "op",
    { output: false },
    clockOf(asked, 25),
  );
  expect(operation.state).toBe("succeeded");
});

it("does not count the time in which the portal is away", async () => {
  const asked: string[] = [];
  const operation = await follow(clientOf([interrupted, away, silence, ...succeeded], asked), "op", { output: false }, clockOf(asked, 50));
  expect(operation.state).toBe("succeeded");
});

it("does not wait where it is a person's turn", async () => {
  const asked: string[] = [];
  await expect(follow(clientOf([interrupted, ...succeeded], asked, "person"), "op", { output: false })).rejects.toMatchObject(personsTurn);
  expect(asked).toHaveLength(1);
});

it("reads on where an interruption ends a full page", async () => {
  const history = Array.from({ length: 500 }, (_, i) => entry(i + 1, "interrupted"));
  const operation = await follow(clientOf([page(...history), ...succeeded], [], "person"), "op", { output: false });
  expect(operation.state).toBe("succeeded");
});
