import { describe, expect, test } from "vitest";
import { isComplete, message, reported, type Message } from "#app/domain/message/message.ts";
import { knownSentences, readSentences } from "./old-sentences.ts";

const number = "42";
const samples: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["times", "processes", "seconds", "files", "live", "then", "needed", "free", "used", "limit"].map((name) => [name, number]),
  ),
  from: "2026-11-21T09:00:00.000Z",
  thing: "disk b5demo-w1.qcow2",
  said: "the process that ran it is gone",
  mark: "machine-stopped:w1=stopped",
};

const written = (sentence: string): string => sentence.replace(/\{\{(\w+)\}\}/g, (_, name: string) => samples[name] ?? `a-${name}`);

test.each(knownSentences)("“%s” is read as complete messages", (sentence) => {
  const read = readSentences(written(sentence));
  if (!sentence.includes("not as the plan found it: {{said}}")) expect(read.length).toBeGreaterThan(0);
  expect(read.filter((one) => !isComplete(one) || one.code === "reported")).toEqual([]);
});

describe("one reason", () => {
  test.each<readonly [string, readonly Message[]]>([
    [
      "libvirt does not answer, or went away in the middle: no answer; it was resumed 3 times without getting further, so it waits for a person",
      [message("libvirt-away"), reported("no answer"), message("gave-up", { times: 3 })],
    ],
    [
      "the run's process ended with code 1 (Error: a; b); the process that ran it is gone",
      [message("run-ended-saying", { code: "1", line: "Error: a; b" }), message("holder-gone")],
    ],
    ["something odd; more of it; the process that ran it is gone", [reported("something odd; more of it"), message("holder-gone")]],
    [
      "the plan is out of date: revision 3 is live, the plan starts from 2; revision 4 was written, the plan is for 3",
      [message("plan-from-other-revision", { live: 3, planned: 2 }), message("plan-for-other-revision", { newest: 4, planned: 3 })],
    ],
    [
      "the host is not as the plan found it: no longer machine-stopped:w1=stopped; new machine-missing:w2=absent",
      [message("drift-moved", { over: ["machine-stopped:w1=stopped"], fresh: ["machine-missing:w2=absent"] })],
    ],
    [
      "the host is not as revision 2 was written for: no longer machine-stopped:w1=stopped; look again, and discard that revision if nobody wants it",
      [message("adopted-drift-gone", { revision: 2, id: "machine-stopped:w1", found: "stopped" })],
    ],
    [
      "after teardown there is still: machine b5demo-w1, file /srv/x",
      [
        message("left-after-teardown", { what: "machine", name: "b5demo-w1" }),
        message("left-after-teardown", { what: "file", name: "/srv/x" }),
      ],
    ],
    [
      "the plan does not fit this host: memory: 3072 MiB needed, 100 MiB available",
      [message("not-enough-memory", { needed: 3072, available: 100 })],
    ],
    [
      "putting the stack in order: its state is locked by process 7 on host-a",
      [message("state-locked", { holder: "process 7 on host-a" })],
    ],
    [
      "the stack's newest state was not whole: its last good copy, of an unknown time, takes its place and is compared with what is there",
      [message("copy-taken", { from: "" })],
    ],
    ["storage pool b5demo was gone already", [message("gone-already", { what: "pool", name: "b5demo" })]],
    ["removed machine b5demo-w1, which was begun and not recorded", [message("leftover-removed", { what: "machine", name: "b5demo-w1" })]],
  ])("%s", (text, messages) => {
    expect(readSentences(text)).toEqual(messages);
  });
});

test.each([
  "",
  "machine",
  "the join was tried three times",
  "note: settled the steps that were under way",
  "a; b; c; d; e; f; g; h; i; j; settled the steps that were under way",
])("words of others stay: %s", (text) => {
  expect(readSentences(text)).toEqual([reported(text)]);
});
