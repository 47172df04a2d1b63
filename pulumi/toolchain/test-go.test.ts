import { expect, test } from "vitest";
import { Tally } from "./test-go.ts";

function tallied(events: readonly object[]): Tally {
  const tally = new Tally();
  for (const event of events) tally.take(JSON.stringify(event));
  return tally;
}

test("tests are counted by their leaves", () => {
  const tally = tallied([
    { Action: "pass", Package: "p", Test: "TestA" },
    { Action: "pass", Package: "p", Test: "TestB/one" },
    { Action: "fail", Package: "p", Test: "TestB/two" },
    { Action: "fail", Package: "p", Test: "TestB" },
    { Action: "fail", Package: "p" },
  ]);
  expect(tally.counts()).toEqual({ passed: 2, failed: 1 });
});

test("a package that does not compile is a failure", () => {
  const tally = tallied([
    { Action: "build-output", ImportPath: "p", Output: "p.go:1: oh\n" },
    { Action: "fail", Package: "p" },
    { Action: "pass", Package: "q", Test: "TestA" },
    { Action: "pass", Package: "q" },
  ]);
  expect(tally.counts()).toEqual({ passed: 1, failed: 1 });
  expect(tally.failureOutput()).toContain("p.go:1: oh");
});

test("only failed tests are shown", () => {
  const tally = tallied([
    { Action: "output", Package: "p", Test: "TestA", Output: "quiet\n" },
    { Action: "pass", Package: "p", Test: "TestA" },
    { Action: "output", Package: "p", Test: "TestB", Output: "loud\n" },
    { Action: "fail", Package: "p", Test: "TestB" },
  ]);
  expect(tally.failureOutput()).toEqual(["loud"]);
});

test("lines that are not events are left alone", () => {
  const tally = new Tally();
  tally.take("go: downloading something");
  expect(tally.counts()).toEqual({ passed: 0, failed: 0 });
});
