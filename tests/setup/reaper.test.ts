import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

const look = `import("${new URL("../../app/setup/libvirt/reaper.ts", import.meta.url).pathname}").then(async (m) => console.log(await m.orphansAreReaped()))`;

/** `first`: the program that is process 1 of a process namespace of its own; it runs Node.js, or is it. */
const seenUnder = (...first: readonly string[]): string =>
  execFileSync("unshare", ["--fork", "--pid", "--mount-proc", "--mount", ...first, process.execPath, "-e", look], {
    encoding: "utf8",
  }).trim();

it("sees that a first program which is no init leaves ended processes lying", () => expect(seenUnder()).toBe("false"));

// A shell waits for every child, also for those that it was given.
it("sees that an init takes them away", () =>
  expect(seenUnder("bash", "-c", '"$@" & while kill -0 $! 2>/dev/null; do wait -n; done; wait', "init")).toBe("true"));
