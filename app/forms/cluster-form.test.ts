import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { examplePool, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { formChanges } from "#app/domain/cluster/change-classes.ts";
import { parseCidr } from "#app/domain/network/ipv4.ts";
import type { FieldIssue } from "#app/domain/problem.ts";
import { type ClusterFormContext, clusterFormSchema, formOf, nameWarning, toSpecInput } from "./cluster-form.ts";
import { changeOfField } from "./field-changes.ts";
import { issuesOf, ruleCodes } from "./rules.ts";

const good = { name: "demo", kubernetesVersion: "1.35.4" };
const key = `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, 1)]).toString("base64")}`;

function issues(input: unknown, context?: ClusterFormContext): readonly FieldIssue[] {
  const parsed = clusterFormSchema(context).safeParse(input);
  return parsed.success ? [] : issuesOf(parsed.error);
}

describe("the cluster form", () => {
  it("needs a name and a version, nothing else", () => {
    expect(toSpecInput(clusterFormSchema().parse(good))).toEqual({
      name: "demo",
      blueprint: "single",
      kubernetesVersion: "1.35.4",
      controlPlane: { vcpus: 2, memoryMiB: 2048, diskGiB: 20 },
      pools: [{ name: "workers", vcpus: 2, memoryMiB: 2048, count: 1, diskGiB: 20, labels: {}, taints: [], short: true }],
      podCidr: "10.244.0.0/16",
      serviceCidr: "10.96.0.0/12",
      image: null,
      addOns: [],
      sshKey: { mode: "none" },
    });
  });

  it("takes kinds of services as a list or as text, each once, and marks the field for what can be no kind", () => {
    const services = (value: unknown) => toSpecInput(clusterFormSchema().parse({ ...good, services: value })).services;
    expect([services("nfs,nfs"), services(["nfs"]), services(""), services(undefined)]).toEqual([["nfs"], ["nfs"], undefined, undefined]);
    expect(issues({ ...good, services: "No_Such" }).map(({ field }) => field)).toContain("services");
    expect(issues({ ...good, services: Array(9).fill("x") })).toEqual([{ field: "services", code: "service.many", params: { max: 8 } }]);
  });

  it("takes ids of add-ons as a list or as text, and refuses one that is not known by its id", () => {
    expect(clusterFormSchema().parse({ ...good, addOns: "" }).addOns).toEqual([]);
    for (const addOns of ["no-such", ["no-such"]])
      expect(issues({ ...good, addOns })).toEqual([{ field: "addOns", code: "addOn.unknown", params: { value: "no-such" } }]);
    expect(issues({ ...good, addOns: Array(51).fill("x") })).toEqual([{ field: "addOns", code: "addOn.many", params: { max: 50 } }]);
    expect(issues({ ...good, addOns: 7 })).toEqual([{ field: "addOns", code: "field.type", params: {} }]);
  });

  it("asks for what is missing", () => {
    expect(issues({})).toEqual([
      { field: "name", code: "name.required", params: {} },
      { field: "kubernetesVersion", code: "kubernetesVersion.required", params: {} },
    ]);
  });

  it.each<[object, FieldIssue]>([
    [{ name: "Demo!" }, { field: "name", code: "name.label", params: { value: "Demo!" } }],
    [{ name: "x".repeat(33) }, { field: "name", code: "name.long", params: { max: 32 } }],
    [{ name: "taken" }, { field: "name", code: "name.taken", params: { value: "taken" } }],
    [{ kubernetesVersion: "latest" }, { field: "kubernetesVersion", code: "kubernetesVersion.form", params: { value: "latest" } }],
    [{ kubernetesVersion: "1.2.3" }, { field: "kubernetesVersion", code: "kubernetesVersion.unknown", params: { value: "1.2.3" } }],
    [{ workers: -1 }, { field: "workers", code: "workers.range", params: { min: 0, max: 50 } }],
    [{ workers: 1.5 }, { field: "workers", code: "workers.range", params: { min: 0, max: 50 } }],
    [{ workers: "many" }, { field: "workers", code: "workers.range", params: { min: 0, max: 50 } }],
    [{ diskGiB: 1 }, { field: "diskGiB", code: "diskGiB.range", params: { min: 10, max: 2000 } }],
    [{ controlPlaneSize: "huge" }, { field: "controlPlaneSize", code: "size.unknown", params: {} }],
    [
      { controlPlaneSize: "custom", controlPlaneMemoryMiB: 4096 },
      { field: "controlPlaneVcpus", code: "vcpus.required", params: {} },
    ],
    [
      { controlPlaneSize: "custom", controlPlaneVcpus: 1, controlPlaneMemoryMiB: 4096 },
      { field: "controlPlaneVcpus", code: "vcpus.range", params: { min: 2, max: 32 } },
    ],
    [
      { workerSize: "custom", workerVcpus: 1 },
      { field: "workerMemoryMiB", code: "memoryMiB.required", params: {} },
    ],
    [{ sshKeyMode: "paste" }, { field: "sshKey", code: "sshKey.required", params: {} }],
    [
      { sshKeyMode: "paste", sshKey: "ssh-rsa AAAA" },
      { field: "sshKey", code: "sshKey.form", params: {} },
    ],
    [{ podCidr: "10.244.0.1/16" }, { field: "podCidr", code: "cidr.form", params: { value: "10.244.0.1/16" } }],
    [{ podCidr: "8.0.0.0/16" }, { field: "podCidr", code: "cidr.private", params: { value: "8.0.0.0/16" } }],
    [{ podCidr: "10.244.0.0/24" }, { field: "podCidr", code: "cidr.few", params: { value: "10.244.0.0/24", machines: 2 } }],
    [
      { podCidr: "10.91.0.0/16" },
      { field: "podCidr", code: "cidr.overlapMachines", params: { value: "10.91.0.0/16", other: "10.91.0.0/16" } },
    ],
    [{ serviceCidr: "10.0.0.0/8" }, { field: "serviceCidr", code: "cidr.size", params: { value: "10.0.0.0/8", min: 12, max: 26 } }],
    [
      { serviceCidr: "10.244.128.0/20" },
      { field: "serviceCidr", code: "cidr.overlapPods", params: { value: "10.244.128.0/20", other: "10.244.0.0/16" } },
    ],
  ])("says which rule %j breaks", (change, issue) => {
    expect(issues({ ...good, ...change }, { takenNames: ["taken"], kubernetesVersions: ["1.35.4"] })).toContainEqual(issue);
  });

  it.each<[string, string]>([
    ["new", "reserved.address"],
    ["berth", "reserved.system"],
    ["kube-system", "reserved.kubernetes"],
  ])("says that %s is reserved, by the rule of whoever stores it, but for a cluster that has the name already", (name, code) => {
    const issue = { field: "name", code, params: { value: name } };
    expect(issues({ ...good, name }, { ownName: null })).toEqual([issue]);
    expect(issues({ ...good, name }, { ownName: name })).toEqual([]);
    expect(issues({ ...good, name })).toEqual([]);
  });

  it("knows while a name is typed whether it can be had, and says nothing of one that is not finished", () => {
    const context = { ownName: null, takenNames: ["demo"] };
    expect(["default", "demo", "demo-2", "", "Demo "].map((name) => nameWarning(name, context)?.code)).toEqual([
      "reserved.kubernetes",
      "name.taken",
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("ignores the size of workers when there are none", () => {
    expect(issues({ ...good, workers: 0, workerSize: "custom" })).toEqual([]);
  });

  it("takes a pasted key as one tidy line", () => {
    const form = clusterFormSchema().parse({ ...good, sshKeyMode: "paste", sshKey: `  ${key}   ada ` });
    expect(toSpecInput(form).sshKey).toEqual({ mode: "paste", key: `${key} ada` });
  });

  it("never throws, and says no only in codes that have a sentence", () => {
    const pool = fc.dictionary(
      fc.constantFrom("name", "count", "size", "vcpus", "memoryMiB", "diskGiB", "labels", "taints", "remove"),
      fc.oneof(fc.anything(), fc.string(), fc.integer()),
    );
    const field = fc.oneof(fc.array(pool.map((o) => ({ ...o }))), fc.anything(), fc.string(), fc.integer(), fc.double(), fc.constant(null));
    const keys = [
      "name",
      "kubernetesVersion",
      "image",
      "controlPlaneSize",
      "controlPlaneVcpus",
      "controlPlaneMemoryMiB",
      "workerSize",
      "workerVcpus",
      "workers",
      "diskGiB",
      "pools",
      "controlPlaneDiskGiB",
      "sshKeyMode",
      "sshKey",
      "podCidr",
      "serviceCidr",
    ];
    const form = fc.dictionary(fc.constantFrom(...keys), field).map((o) => ({ ...o }));
    fc.assert(
      fc.property(
        fc.oneof(
          form,
          form.map((f) => ({ ...good, ...f })),
          fc.anything(),
        ),
        (input) => {
          for (const issue of issues(input)) expect(ruleCodes).toContain(issue.code);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("accepts only ranges that do not overlap", () => {
    const bits = fc.integer({ min: 12, max: 24 });
    const cidr = fc.tuple(fc.nat(255), fc.nat(255), bits).map(([a, b, n]) => {
      const base = (10 * 2 ** 24 + a * 2 ** 16 + b * 2 ** 8) & -(2 ** (32 - n));
      return `${base >>> 24}.${(base >>> 16) & 255}.${(base >>> 8) & 255}.0/${n}`;
    });
    fc.assert(
      fc.property(cidr, cidr, (podCidr, serviceCidr) => {
        const parsed = clusterFormSchema().safeParse({ ...good, workers: 0, podCidr, serviceCidr });
        const [pods, services] = [parseCidr(podCidr), parseCidr(serviceCidr)];
        if (!parsed.success || !pods || !services) return;
        const [low, high] = pods.base < services.base ? [pods, services] : [services, pods];
        expect(low.base + 2 ** (32 - low.bits)).toBeLessThanOrEqual(high.base);
      }),
    );
  });

  it("says in the schema's own metadata how each field may change, as the table has it", () => {
    const { shape } = clusterFormSchema();
    expect(Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, changeOfField(field)]))).toEqual(formChanges);
    expect(shape.podCidr.description).toContain("Cannot change");
  });

  it("starts an edit with what the cluster has", () => {
    const spec = exampleSpec({ pools: [examplePool({ count: 2, vcpus: 3, memoryMiB: 3000 })], authorizedKeys: [key] });
    const form = formOf(spec);
    expect(form).toMatchObject({
      name: "demo",
      controlPlaneSize: "small",
      controlPlaneDiskGiB: 20,
      pools: [{ name: "workers", count: 2, size: "custom", vcpus: 3 }],
      sshKeyMode: "paste",
    });
    expect(issues(form)).toEqual([]);
    expect(toSpecInput(clusterFormSchema().parse(form))).toMatchObject({
      pools: [{ name: "workers", count: 2, vcpus: 3, memoryMiB: 3000 }],
      sshKey: { mode: "paste", key },
    });
  });
});
