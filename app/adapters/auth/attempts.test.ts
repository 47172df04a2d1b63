import { expect, test } from "vitest";
import { type AttemptClock, attemptLimiter, defaultLimits } from "./attempts.ts";

/** Time passes only while an attempt waits. */
function standingClock(): AttemptClock & { pass(ms: number): void; readonly slept: number[] } {
  let at = 0;
  const slept: number[] = [];
  return {
    now: () => at,
    slept,
    pass: (ms) => {
      at += ms;
    },
    sleep: async (ms) => {
      slept.push(ms);
      at += ms;
    },
  };
}

const times = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

test("wrong passwords grow the delay of that account at that address, and the right one still goes through", async () => {
  const clock = standingClock();
  const limiter = attemptLimiter(defaultLimits, clock);
  for (const _ of times(9)) expect(await limiter.take("ada", "192.0.2.1")).toEqual({ retryAfterSeconds: 0 });
  expect(clock.slept).toEqual([250, 500, 1_000, 2_000]);
  expect(await limiter.take("ada", "192.0.2.1")).toEqual({ retryAfterSeconds: 0 });
  await limiter.forgive("ada", "192.0.2.1");
  clock.slept.length = 0;
  expect(await limiter.take("ada", "192.0.2.1")).toEqual({ retryAfterSeconds: 0 });
  expect(clock.slept).toEqual([]);
});

test("a long series is told to come back, never longer than half a minute", async () => {
  const clock = standingClock();
  const limiter = attemptLimiter(defaultLimits, clock);
  const waits: number[] = [];
  for (const _ of times(60)) {
    const { retryAfterSeconds } = await limiter.take("ada", "192.0.2.1");
    waits.push(retryAfterSeconds);
    clock.pass(retryAfterSeconds * 1_000);
  }
  expect(Math.max(...waits)).toBe(30);
});

test("attempts of everywhere else delay an account by two seconds at most and refuse nobody", async () => {
  const clock = standingClock();
  const limiter = attemptLimiter(defaultLimits, clock);
  for (const n of times(500)) await limiter.take("ada", `198.51.${n >> 8}.${n & 255}`);
  clock.slept.length = 0;
  expect(await limiter.take("ada", "192.0.2.1")).toEqual({ retryAfterSeconds: 0 });
  expect(clock.slept).toEqual([2_000]);
});

test("who signed in from an address before does not wait for what others do there", async () => {
  const clock = standingClock();
  const limiter = attemptLimiter(defaultLimits, clock);
  await limiter.take("ada", "192.0.2.1");
  await limiter.forgive("ada", "192.0.2.1");
  for (const n of times(200)) await limiter.take(`guess-${n}`, "192.0.2.1");
  clock.slept.length = 0;
  expect(await limiter.take("ada", "192.0.2.1")).toEqual({ retryAfterSeconds: 0 });
  expect(clock.slept).toEqual([]);
});

test("sign-ins that succeed do not count, however many there are at one address", async () => {
  const clock = standingClock();
  const limiter = attemptLimiter(defaultLimits, clock);
  for (const n of times(300)) {
    expect(await limiter.take(`person-${n}`, "192.0.2.1")).toEqual({ retryAfterSeconds: 0 });
    await limiter.forgive(`person-${n}`, "192.0.2.1");
  }
  expect(clock.slept).toEqual([]);
});

test("attempts that come at once stand in a line of bounded length", async () => {
  const clock: AttemptClock = { now: () => 0, sleep: () => new Promise(() => undefined) };
  const limiter = attemptLimiter({ ...defaultLimits, mostWaiting: 3 }, clock);
  const answers = times(20).map(() => limiter.take("ada", "192.0.2.1"));
  const refused = await Promise.all(
    answers.map((answer) =>
      Promise.race([answer.then(({ retryAfterSeconds }) => retryAfterSeconds > 0), Promise.resolve().then(() => null)]),
    ),
  );
  expect(refused.filter((one) => one === true).length).toBeGreaterThanOrEqual(12);
});

test("joining is slowed down for the caller who guesses, and for nobody else", async () => {
  const clock = standingClock();
  const limiter = attemptLimiter(defaultLimits, clock);
  for (const _ of times(40)) await limiter.take(null, "198.51.100.7");
  clock.slept.length = 0;
  expect(await limiter.take(null, "192.0.2.1")).toEqual({ retryAfterSeconds: 0 });
  expect(clock.slept).toEqual([]);
});
