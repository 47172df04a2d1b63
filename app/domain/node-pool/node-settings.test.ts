import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFault, labelLines, nodeSettingLimits, readLabels, readTaints, taintLines } from "./node-settings.ts";

const labels = (input: Parameters<typeof readLabels>[0]) => {
  const read = readLabels(input);
  return isFault(read) ? read : Object.fromEntries(read);
};

describe("labels", () => {
  it("are read from lines and from JSON, and blank lines do not count", () => {
    const expected = { disk: "ssd", "example.org/tier": "gold", empty: "" };
    expect(labels(" disk=ssd\r\n\n example.org/tier=gold \nempty=")).toEqual(expected);
    expect(labels(expected)).toEqual(expected);
  });

  it.each([
    ["disk", "form", "disk"],
    ["-disk=ssd", "key", "-disk"],
    ["=ssd", "key", ""],
    ["a b=c", "key", "a b"],
    ["Example.org/tier=gold", "key", "Example.org/tier"],
    ["a/b/c=d", "key", "a/b/c"],
    [`${"k".repeat(64)}=v`, "key", "k".repeat(64)],
    ["disk=a b", "value", "disk=a b"],
    ["disk=-ssd", "value", "disk=-ssd"],
    ["disk='ssd'", "value", "disk='ssd'"],
    ["disk=$(reboot)", "value", "disk=$(reboot)"],
    [`disk=${"v".repeat(64)}`, "value", `disk=${"v".repeat(64)}`],
    ["a=b=c", "value", "a=b=c"],
    ["a=1\na=2", "repeated", "a"],
    ["kubernetes.io/hostname=x", "reserved", "kubernetes.io/hostname"],
    ["topology.kubernetes.io/zone=x", "reserved", "topology.kubernetes.io/zone"],
    ["x.k8s.io/y=z", "reserved", "x.k8s.io/y"],
    ["node-role.kubernetes.io/control-plane=", "reserved", "node-role.kubernetes.io/control-plane"],
    ["berth.dev/labels=x", "reserved", "berth.dev/labels"],
  ])("%j break the rule %s", (text, fault, value) => {
    expect(readLabels(text)).toEqual({ fault, value });
  });

  it("may say the role of a node, and what only an administrator may set", () => {
    expect(labels("node-role.kubernetes.io/gpu=\nnode-restriction.kubernetes.io/zone=a\nmykubernetes.io/x=y")).toEqual({
      "node-role.kubernetes.io/gpu": "",
      "node-restriction.kubernetes.io/zone": "a",
      "mykubernetes.io/x": "y",
    });
  });

  it("are bounded in number and length before they are read one by one", () => {
    const many = Array.from({ length: nodeSettingLimits.labels + 1 }, (_, i) => `k${i}=v`).join("\n");
    expect(readLabels(many)).toEqual({ fault: "many", value: "21" });
    expect(readLabels("x".repeat(nodeSettingLimits.text + 1))).toMatchObject({ fault: "long" });
  });

  it("named like members of every object are labels like any other", () => {
    expect(labels("constructor=a\ntoString=b")).toEqual({ constructor: "a", toString: "b" });
    expect(readLabels(JSON.parse('{"__proto__": "x"}') as Record<string, string>)).toEqual({ fault: "key", value: "__proto__" });
  });
});

describe("taints", () => {
  it("are read as kubectl writes them, and from JSON", () => {
    const expected = [
      { key: "gpu", value: "yes", effect: "NoSchedule" },
      { key: "example.org/drain", value: "", effect: "NoExecute" },
    ];
    expect(readTaints("gpu=yes:NoSchedule\nexample.org/drain:NoExecute")).toEqual(expected);
    expect(
      readTaints([
        { key: "gpu", value: "yes", effect: "NoSchedule" },
        { key: "example.org/drain", effect: "NoExecute" },
      ]),
    ).toEqual(expected);
  });

  it.each([
    ["gpu", "form", "gpu"],
    ["gpu=yes", "form", "gpu=yes"],
    ["gpu:Never", "effect", "Never"],
    ["gpu:noschedule", "effect", "noschedule"],
    ["g p u:NoSchedule", "key", "g p u"],
    ["gpu=a'b:NoSchedule", "value", "gpu=a'b"],
    ["gpu=a:NoSchedule\ngpu=b:NoSchedule", "repeated", "gpu:NoSchedule"],
    ["node.kubernetes.io/unreachable:NoExecute", "reserved", "node.kubernetes.io/unreachable"],
  ])("%j break the rule %s", (text, fault, value) => {
    expect(readTaints(text)).toEqual({ fault, value });
  });

  it("with one key may have several effects", () => {
    expect(readTaints("gpu:NoSchedule\ngpu:NoExecute")).toHaveLength(2);
  });
});

it("what is shown is read back as it was, and nothing that is accepted could end a quoted word of a shell", () => {
  const part = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?$/);
  fc.assert(
    fc.property(fc.dictionary(part, part, { maxKeys: 20 }), fc.uniqueArray(part, { maxLength: 20 }), (wanted, keys) => {
      expect(labels(labelLines(wanted))).toEqual(wanted);
      const taints = keys.map((key) => ({ key, value: key, effect: "NoSchedule" as const }));
      expect(readTaints(taintLines(taints))).toEqual(taints);
    }),
  );
  fc.assert(
    fc.property(fc.string(), fc.string(), (key, value) => {
      const read = readLabels({ [key]: value });
      if (!isFault(read)) expect(`${key}=${value}`).toMatch(/^[A-Za-z0-9._/=-]+$/);
    }),
  );
});
