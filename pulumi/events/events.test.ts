import { reported } from "#app/domain/message/message.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { stepTable } from "#app/domain/cluster/steps.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { createTranslator, mergeOutput, partsOf } from "./events.ts";
import { createScrubber } from "./scrub.ts";

const urnOf = (type: string, name: string) => `urn:pulumi:s::berth::berth:cluster:Machine$${type}::${name}`;
const ready = urnOf("command:remote:Command", "w1-ready");
const machine = urnOf("libvirt:index/domain:Domain", "w1");
const secret = "a-very-secret-passphrase-42";
const table = stepTable([exampleSpec({ workers: 1 })]);
const translator = (planning = false) => createTranslator(createScrubber([secret]), table, planning);
const pre = (op: string, urn: string, more: object = {}) => ({ resourcePreEvent: { metadata: { op, urn, ...more } } });
const out = (op: string, urn: string) => ({ resOutputsEvent: { metadata: { op, urn } } });
const says = (severity: string, message: string, more: object = {}) => ({ diagnosticEvent: { severity, message, urn: "", ...more } });

describe("translating engine events", () => {
  it("gives each step its phase, machine and change", () => {
    const t = translator();
    expect(t.translate(pre("create", machine))).toEqual([
      {
        kind: "step",
        change: "create",
        status: "running",
        step: { urn: machine, name: "w1", type: "libvirt:index/domain:Domain", step: "machine", phase: "boot", machine: "w1", on: null },
      },
    ]);
    expect(t.translate(out("create", machine))[0]).toMatchObject({ kind: "step", status: "done" });
  });

  it("leaves out the stack, providers, components and what stays the same", () => {
    const t = translator();
    const quiet = [
      pre("create", "urn:pulumi:s::berth::pulumi:pulumi:Stack::berth-s"),
      pre("create", "urn:pulumi:s::berth::pulumi:providers:libvirt::libvirt"),
      pre("create", "urn:pulumi:s::berth::berth:cluster:Machine::w1"),
      pre("create", "urn:pulumi:s::berth::other:thing:Component::x", { new: { custom: false } }),
      pre("same", machine),
      out("same", machine),
    ];
    expect(quiet.flatMap((e) => t.translate(e))).toEqual([]);
    expect(t.rows().map((r) => `${r.change} ${r.name}`)).toEqual(["same w1"]);
  });

  it("shows a replacement as one step, whichever half comes first", () => {
    const orders = [
      ["delete-replaced", "replace", "create-replacement"],
      ["create-replacement", "replace", "delete-replaced"],
    ];
    for (const order of orders) {
      const t = translator();
      const events = order.flatMap((op) => [...t.translate(pre(op, machine)), ...t.translate(out(op, machine))]);
      expect(events.every((e) => e.kind === "step" && e.change === "replace")).toBe(true);
      expect(events.findIndex((e) => e.kind === "step" && e.status === "done")).toBe(events.length - 1);
      expect(t.rows()).toHaveLength(1);
    }
  });

  it("makes rows with property paths, without values, of a preview and no steps", () => {
    const t = translator(true);
    const detailedDiff = { memory: { kind: "update" }, "disks[0].size": {}, __meta: {} };
    expect(t.translate(pre("create-replacement", machine, { detailedDiff, diffs: ["memory"] }))).toEqual([]);
    expect(t.rows()[0]).toMatchObject({ change: "replace", changed: ["disks[0].size", "memory"], impact: "restart", machine: "w1" });
  });

  it("drops debug diagnostics, which carry every property in clear", () => {
    expect(translator().translate(says("debug", `registering: ${secret}`))).toEqual([]);
  });

  it("turns a command's ephemeral lines into its output, scrubbed", () => {
    const [event] = translator().translate(says("info", `one ${secret}\n`, { urn: ready, ephemeral: true }));
    expect(event).toEqual({ kind: "output", source: "command", machine: "w1", step: "w1-ready", lines: ["one [secret]"] });
  });

  it("tells the failed step with its own message and last lines, not the engine's echo", () => {
    const t = translator();
    const failing = [
      says("error", "update failed"),
      pre("create", ready),
      says("info", "looking\nnot there\n", { urn: ready, ephemeral: true }),
      says("error", `exit code 3 with ${secret}`, { urn: ready }),
      { resOpFailedEvent: { metadata: { op: "create", urn: ready } } },
      { resOpFailedEvent: { metadata: { op: "create", urn: machine } } },
    ];
    for (const event of failing) t.translate(event);
    expect(t.failure()).toMatchObject({
      step: { name: "w1-ready" },
      message: "exit code 3 with [secret]",
      lastOutput: ["looking", "not there"],
    });
  });

  it("keeps a program's message and leaves its trace out", () => {
    const message = "Unhandled exception: TypeError: nothing here\n    at file:///somewhere/program.ts:1:1\n";
    expect(translator().translate(says("error", message))).toEqual([
      { kind: "notice", level: "error", machine: null, message: reported("nothing here") },
    ]);
  });

  it("takes the result from the summary, not from the cancel event that ends every run", () => {
    const t = translator();
    t.translate({ cancelEvent: {} });
    expect(t.result()).toBeNull();
    t.translate(pre("create", machine));
    t.translate(out("create", machine));
    expect(t.translate({ summaryEvent: { durationSeconds: 3, resourceChanges: { create: 9 }, result: "canceled" } })).toEqual([
      { kind: "summary", result: "cancelled", changes: { create: 1 }, seconds: 3 },
    ]);
    expect(t.result()).toBe("cancelled");
  });

  it("never throws on anything the engine may send", () => {
    const keys = ["diagnosticEvent", "resourcePreEvent", "resOutputsEvent", "summaryEvent", "errorEvent", "somethingNew", "preludeEvent"];
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
        expect(Array.isArray(translator().translate({ [key]: value }))).toBe(true);
      }),
    );
    expect(translator().translate(null)).toEqual([]);
  });

  it("lets no secret through in any kind of event, cut anywhere", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("info", "warning", "error", "info#err"),
        fc.boolean(),
        fc.string(),
        fc.string(),
        (severity, ephemeral, before, after) => {
          const events = translator().translate(says(severity, `${before}${secret}${after}`, { urn: ready, ephemeral }));
          return !JSON.stringify(events).includes(secret);
        },
      ),
    );
  });

  it("counts what was left out of a flood, and keeps the lines around it", () => {
    const events = translator().translate(says("info", "first\n… 1234 lines left out …\nlast", { urn: ready, ephemeral: true }));
    expect(events.map((e) => (e.kind === "output" ? e.lines : e.kind === "truncated" ? e.lines : e.kind))).toEqual([
      ["first"],
      1234,
      ["last"],
    ]);
  });

  it("reads names with colons out of a urn", () => {
    expect(partsOf("urn:pulumi:s::berth::a:b:C$d:e:F::name::with::colons")).toEqual({ type: "d:e:F", name: "name::with::colons" });
  });
});

describe("a machine's console", () => {
  it("becomes output of that machine without empty lines", () => {
    expect(translator().console("w1", ["\u001b[0m", "booting"], { inode: 1, offset: 9 })).toEqual([
      { kind: "output", source: "console", machine: "w1", step: null, lines: ["booting"], place: { inode: 1, offset: 9 } },
    ]);
  });
});

describe("merging output", () => {
  const line = (step: string, text: string): OperationEvent => ({ kind: "output", source: "command", machine: null, step, lines: [text] });
  const flat = (events: readonly OperationEvent[]) =>
    events.flatMap((e) => (e.kind === "output" ? e.lines.map((l) => `${e.step} ${l}`) : [e.kind]));

  it("keeps every line in order and puts neighbours of one source together", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.string()), { maxLength: 50 }),
        fc.integer({ min: 1, max: 10 }),
        (lines, most) => {
          const events = lines.map(([step, text]) => line(step, text));
          const merged = mergeOutput(events, most);
          expect(flat(merged)).toEqual(flat(events));
          for (const e of merged) if (e.kind === "output") expect(e.lines.length).toBeLessThanOrEqual(most);
        },
      ),
    );
    expect(mergeOutput([line("a", "1"), line("a", "2"), line("b", "3")])).toHaveLength(2);
  });
});
