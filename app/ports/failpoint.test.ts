import { expect, it } from "vitest";
import { failpoint, readFailpoints } from "./failpoint.ts";

it("reads names, effects and passages", () => {
  const armed = readFailpoints("append.after-commit=kill@3, socket.before-send=throw");
  expect([...armed]).toEqual([
    ["append.after-commit", { effect: "kill", left: 3 }],
    ["socket.before-send", { effect: "throw", left: 1 }],
  ]);
});

it.each(["append=kill", "append.after-commit=burn", "append.after-commit=kill@0", "nonsense"])("refuses %s", (setting) => {
  expect(() => readFailpoints(setting)).toThrow(/names no failpoint/);
});

it("does nothing in a process that was not started for it", () => {
  expect(() => failpoint("append.after-commit")).not.toThrow();
});
