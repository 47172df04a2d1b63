import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { chosenAddOns } from "#app/domain/add-ons/chosen.ts";
import { exampleOfSchema1, type FormerChange } from "#app/domain/cluster/example-schema-1.ts";
import { exampleOfSeveral, examplePool, exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { readSpec } from "#app/domain/cluster/schema-1.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { exampleWithService, nodeService, plainServiceProgram } from "#tests/plain/service.ts";

// Pulumi's mocks belong to the whole process: this file has its own. `seen` holds what the engine would have been asked
// for. Clusters of schema 1 have their name in every resource, which tells the runs apart, and which they must keep.
interface Seen {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}
const seen: Seen[] = [];

interface Registration {
  readonly type: string;
  readonly name: string;
  readonly parent: string;
  readonly dependencies: readonly string[];
  readonly deletedWith: string;
  readonly ignoreChanges: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly secretOutputs: readonly string[];
  readonly wire: string;
}
const registrations: Registration[] = [];
const outputs: unknown[] = [];

const host = {
  libvirtUri: "qemu:///system",
  imageFolder: "/images/x",
  imagePool: "images",
  poolRoot: "/pools",
  consoleFolder: "/consoles",
};
const formerSpec = (name: string, workers: number, change: FormerChange = {}): ClusterSpec =>
  readSpec(exampleOfSchema1({ name, workers, ...change }));
const kubernetes = formerSpec("kube", 2);
const later: ClusterSpec = { ...kubernetes, machines: kubernetes.machines.map((m, i) => (i === 2 ? { ...m, sinceRevision: 2 } : m)) };
const tiny = formerSpec("tiny", 1, { blueprint: "machines", certificates: { renewed: 3 } });
/** As an earlier version wrote it. */
const former = formerSpec("former", 0, { certificates: undefined });
const renewed = formerSpec("renewed", 0, { certificates: { renewed: 2 } });
const measured: ClusterSpec = { ...formerSpec("measured", 1), addOns: chosenAddOns({ ids: ["metrics-server"], kubernetes: "measured" }) };
/** Of schema 2, whose resources are not called after the cluster. */
const pools = exampleSpec({ name: "today", pools: [examplePool(), examplePool({ name: "gpu" })] });
const renamed: ClusterSpec = { ...pools, name: "harbour", revision: 2 };
/** Several control planes; its machines have names of their own here, so that the runs can be told apart. */
const several = withMachineNames(exampleSpec({ topology: exampleOfSeveral, workers: 1 }), "ha-");

/** With a service machine and an add-on that may use it. */
const served: ClusterSpec = {
  ...withMachineNames(exampleWithService({ workers: 1 }), "sv-"),
  addOns: chosenAddOns({ ids: ["metrics-server"], kubernetes: "sv" }),
};
const serviceOfTests = { ...plainServiceProgram, kind: nodeService };
/** An image of its own for the service machine. */
const otherImage = "9".repeat(64);
const hostWithImages = { ...host, otherImages: [{ contentHash: otherImage, folder: "/images/store", pool: "store-images" }] };

/** What goes over the wire to the engine, with the marks that make a value a secret. */
interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDependenciesList(): string[];
  getDeletedwith(): string;
  getIgnorechangesList(): string[];
  getDeletebeforereplace(): boolean;
  getAdditionalsecretoutputsList(): string[];
  getObject(): { toJavaScript(): unknown } | undefined;
}

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        seen.push({ type, name, inputs });
        return { id: id || `${name}-id`, state: { ...inputs, stdout: "out", stderr: "" } };
      },
      call: ({ inputs }) => inputs,
    },
    "cluster",
    "test",
    false,
  );
  const { getMonitor } = await import("@pulumi/pulumi/runtime/settings.js");
  const monitor = getMonitor() as unknown as { registerResource: (request: Request, callback: unknown) => unknown };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    registrations.push({
      type: request.getType(),
      name: request.getName(),
      parent: request.getParent(),
      dependencies: request.getDependenciesList(),
      deletedWith: request.getDeletedwith(),
      ignoreChanges: request.getIgnorechangesList(),
      deleteBeforeReplace: request.getDeletebeforereplace(),
      secretOutputs: request.getAdditionalsecretoutputsList(),
      wire: JSON.stringify(request.getObject()?.toJavaScript() ?? {}),
    });
    return register(request, callback);
  };
  const { clusterProgram, programWith } = await import("./program.ts");
  const { kubeadm } = await import("./kubeadm.ts");
  const plain = await import("#tests/plain/program.ts");
  for (const spec of [later, former, renewed, measured, pools, renamed, several])
    outputs.push(await clusterProgram(spec, exampleSecrets(spec), host, "/seeds")());
  const own = {
    ...served,
    machines: served.machines.map((m) => (m.name === "sv-store0" ? { ...m, image: { name: "store", contentHash: otherImage } } : m)),
  };
  outputs.push(await programWith({ kubeadm }, own, exampleSecrets(own), hostWithImages, "/seeds", [serviceOfTests])());
  outputs.push(await plain.clusterProgram(tiny, exampleSecrets(tiny), host, "/seeds")());
  await pulumi.runtime.disconnect();
}, 180_000);

const find = (name: string, type = ""): Registration =>
  registrations.find((r) => r.name === name && !r.type.startsWith("berth:") && r.type.includes(type)) ??
  expect.fail(`${name} is not in the program`);
const last = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);
const dependsOn = (name: string): readonly string[] => [...new Set(find(name).dependencies.map(last))].sort();

describe("the cluster program", () => {
  it("makes these resources, each inside its component", () => {
    const lines = registrations
      .filter((r) => /^(kube|tiny)/.test(r.name))
      .map((r) => `${r.type} ${r.name}${r.parent ? ` in ${last(r.parent)}` : ""}`);
    expect(lines.sort()).toMatchSnapshot();
  });

  it("calls no resource after its cluster, so that a cluster can be renamed: nothing that the engine compares changes with it", () => {
    const own = registrations.filter((r) => /^(cp|w)\d+(-|$)|^main(-|$)/.test(r.name));
    expect([...new Set(own.filter((r) => r.name.includes("today") || r.name.includes("harbour")).map((r) => r.name))]).toEqual([]);
    const runs = [...Map.groupBy(own, (r) => `${r.type} ${r.name}`).values()];
    expect(runs.map((r) => r.length)).toEqual(runs.map(() => 2));
    for (const [before, after] of runs) expect([before?.name, compared(after)]).toEqual([before?.name, compared(before)]);
  });

  it("makes the machines of every node pool", () => {
    for (const name of ["cp0", "w1", "w2"]) expect(find(name, "Domain").type).toBe("libvirt:index/domain:Domain");
    expect(dependsOn("w2-join")).toEqual(["w2-ready", "w2-seat", "w2-token"]);
    expect(dependsOn("main-smoke")).toEqual(["main-cni", "w1-member", "w2-member"]);
  });

  it("refuses a distribution that it does not have, by name", async () => {
    const { clusterProgram } = await import("./program.ts");
    const strange = { ...pools, kubernetes: pools.kubernetes.map((k) => ({ ...k, distribution: "k9s" })) };
    await expect(clusterProgram(strange, exampleSecrets(pools), host, "/seeds")()).rejects.toThrow(
      /distribution k9s, which this version of Berth does not have/,
    );
  });

  it("initialises when the control plane is up, and not when it changes", () => {
    expect(dependsOn("kube-init")).toEqual(["kube-cp0-ready"]);
    expect(find("kube-init").ignoreChanges.toSorted()).toEqual(["create", "stdin"]);
  });

  it("lets founding workers join while init runs, and later ones after they got a token", () => {
    for (const worker of ["kube-w1", "kube-w2"])
      expect(dependsOn(`${worker}-join`)).toEqual([`${worker}-ready`, `${worker}-seat`, `${worker}-token`]);
    expect(dependsOn("kube-w1-token")).toEqual(["kube-cp0-ready"]);
    expect(dependsOn("kube-w2-token")).toEqual(["kube-init"]);
  });

  it("takes a node out of the cluster before its machine goes, but not when all goes", () => {
    expect(dependsOn("kube-w1-member")).toEqual(["kube-init", "kube-w1-join"]);
    expect(last(find("kube-w1-member").deletedWith)).toBe("kube-cp0");
    expect(seen.find((s) => s.name === "kube-w1-member" && s.type.startsWith("command"))?.inputs.delete).toContain("kubectl drain");
  });

  it("gives every worker a membership before it may join, and removes its Node with it", () => {
    expect(dependsOn("kube-w1-seat")).toEqual(["kube-w1"]);
    expect(find("kube-w1-seat").deleteBeforeReplace).toBe(true);
    const { inputs } = seen.find((s) => s.name === "kube-w1-seat") ?? expect.fail();
    expect(inputs.delete).toContain("kubectl delete node kube-w1");
    expect(inputs).not.toHaveProperty("create");
  });

  it("shuts a machine down before it is replaced, after its worker was drained, and not when its disk goes too", () => {
    const [off, rest] = [find("kube-w1-off"), find("kube-w1-rest")];
    expect([off.deleteBeforeReplace, rest.deleteBeforeReplace]).toEqual([true, true]);
    expect([off, rest].map((r) => r.deletedWith.split("::").at(-1))).toEqual(["kube-w1-disk", "kube-w1-disk"]);
    // Taken away in the opposite order: the worker is drained, then shut down, and the control plane comes last.
    expect(dependsOn("kube-w1-rest")).toEqual(
      expect.arrayContaining(["kube-w1-off", "kube-cp0-off", "kube-w1-member", "kube-w1-ready", "kube-cp0-rest"]),
    );
    const inputsOf = (name: string) => seen.find((s) => s.name === name)?.inputs ?? expect.fail();
    for (const name of ["kube-w1-off", "kube-w1-rest", "kube-cp0-off"])
      expect(inputsOf(name).triggers).toEqual([`${name.replace(/-(off|rest)$/, "")}-id`]);
    expect(inputsOf("kube-w1-rest").delete).toContain("kubectl drain");
    expect(inputsOf("kube-w1-rest").create).toContain("kubectl uncordon");
    expect(inputsOf("kube-w1-off").delete).toContain("shutdown");
    expect(inputsOf("kube-cp0-rest")).not.toHaveProperty("delete");
  });

  it("checks the cluster after everything else", () => {
    expect(dependsOn("kube-smoke")).toEqual(["kube-cni", "kube-w1-member", "kube-w2-member"]);
    expect(dependsOn("tiny-smoke")).toEqual(["tiny-init", "tiny-w1-member"]);
  });

  it("puts an add-on in after the cluster's check, and takes it out again, but not when the cluster goes", () => {
    const name = "measured-add-on-metrics-server";
    expect(dependsOn(name)).toEqual(["measured-smoke"]);
    expect(last(find(name).parent)).toBe(name);
    expect(last(find(name).deletedWith)).toBe("measured-cp0");
    const { inputs } = seen.find((s) => s.name === name && s.type.startsWith("command")) ?? expect.fail();
    expect(inputs.create).toContain("kubectl apply --validate=false");
    expect(inputs.create).toContain("/apis/metrics.k8s.io/v1beta1/nodes");
    expect(inputs.delete).toContain("v1beta1.metrics.k8s.io");
    // Another text is applied in place: a replacement would take the add-on out after it was put in again.
    expect(inputs).not.toHaveProperty("triggers");
    expect(find(name).ignoreChanges).toEqual([]);
    expect(dependsOn("measured-smoke")).toEqual(["measured-cni", "measured-w1-member"]);
  });

  it("refuses an add-on that it does not have, by name", async () => {
    const { clusterProgram } = await import("./program.ts");
    const strange = { ...pools, addOns: [{ id: "strange", version: "1", kubernetes: "main", settings: {} }] };
    await expect(clusterProgram(strange, exampleSecrets(pools), host, "/seeds")()).rejects.toThrow(
      /add-on strange, which this version of Berth does not have/,
    );
  });

  it("makes a service machine beside the nodes, sets it up and checks it, and waits for it before add-ons", () => {
    expect(dependsOn("sv-store0-setup")).toEqual(["sv-store0-ready"]);
    expect(dependsOn("sv-store0-check")).toEqual(["sv-store0", "sv-store0-ready", "sv-store0-setup"]);
    expect(dependsOn("sv-add-on-metrics-server")).toEqual(["sv-smoke", "sv-store0-check"]);
    expect([dependsOn("sv-smoke"), dependsOn("sv-init")]).toEqual([["sv-cni", "sv-w1-member"], ["sv-cp0-ready"]]);
    const inputsOf = (name: string) => seen.find((s) => s.name === name && s.type.startsWith("command"))?.inputs ?? expect.fail(name);
    expect(inputsOf("sv-smoke").create).toMatch(/for node in sv-cp0 sv-w1; do/);
    // Another text is laid out in place; a check runs again when its machine or its set-up is another.
    expect(inputsOf("sv-store0-setup")).not.toHaveProperty("triggers");
    expect(inputsOf("sv-store0-check").triggers).toEqual(["sv-store0-id", expect.stringMatching(/^[0-9a-f]{16}$/)]);
    expect([find("sv-store0-setup"), find("sv-store0-check")].map((r) => [r.ignoreChanges, last(r.deletedWith), last(r.parent)])).toEqual(
      Array(2).fill([[], "sv-store0", "sv-store0-service"]),
    );
  });

  it("joins no service machine and takes no place away for it, so that only its machine and disk go", () => {
    const own = registrations.filter((r) => r.name.startsWith("sv-store0") && !r.type.startsWith("berth:")).map((r) => r.name);
    expect(own.sort()).toEqual([
      "sv-store0",
      "sv-store0-check",
      "sv-store0-disk",
      "sv-store0-off",
      "sv-store0-ready",
      "sv-store0-seed",
      "sv-store0-setup",
    ]);
    for (const step of ["setup", "check"]) expect(seen.find((s) => s.name === `sv-store0-${step}`)?.inputs).not.toHaveProperty("delete");
  });

  it("makes a machine from its own image, where that is not the control plane's", () => {
    const base = (name: string) => seen.find((s) => s.name === name)?.inputs.baseVolumeId;
    expect(["sv-store0-disk", "sv-cp0-disk"].map(base)).toEqual(["/images/store/root.qcow2", "/images/x/root.qcow2"]);
    expect(find("sv-store0", "Domain").wire).toContain("/images/store/vmlinuz");
  });

  it("refuses a service that it does not have, by name", async () => {
    const { clusterProgram } = await import("./program.ts");
    await expect(clusterProgram(served, exampleSecrets(served), host, "/seeds")()).rejects.toThrow(
      /service store, which this version of Berth does not have/,
    );
  });

  it("never dials a machine that goes away", () => {
    const commands = registrations.filter((r) => r.type === "command:remote:Command");
    expect(commands.length).toBeGreaterThan(10);
    for (const r of commands)
      expect([r.name, last(r.deletedWith)]).toEqual([r.name, expect.stringMatching(/(^|-)(cp|w|store)\d+(-disk)?$/)]);
    expect(last(find("kube-w1-join").deletedWith)).toBe("kube-w1");
  });

  it("resizes a machine in place of the old one, with the disk it has", () => {
    expect(find("kube-w1", "Domain")).toMatchObject({ deleteBeforeReplace: true, ignoreChanges: ["kernel", "initrd", "cmdlines"] });
    expect(find("kube-w1-disk").ignoreChanges).toContain("baseVolumeId");
    expect(find("kube-w1-seed").ignoreChanges).toEqual(expect.arrayContaining(["source", "format"]));
  });

  it("pins the SSH host key of every machine that it talks to", () => {
    const commands = seen.filter((s) => s.type === "command:remote:Command");
    for (const { inputs } of commands) {
      // The whole connection is a secret: this is what is inside.
      const { connection } = inputs as { connection: { value: { hostKey: string; dialErrorLimit: number } } };
      expect(connection.value.hostKey).toMatch(/^ssh-ed25519 /);
      expect(connection.value.dialErrorLimit).toBeGreaterThan(0);
      expect(inputs.addPreviousOutputInEnv).toBe(false);
    }
  });

  it("renews certificates on the control plane once per number of the spec, and not before the first", () => {
    expect(registrations.some((r) => r.name === "kube-certificates" || r.name === "former-certificates")).toBe(false);
    const inputsOf = (name: string) => seen.find((s) => s.name === name)?.inputs ?? expect.fail();
    expect(inputsOf("renewed-certificates")).toMatchObject({
      triggers: ["2"],
      create: expect.stringContaining("kubeadm certs renew all") as string,
    });
    expect(dependsOn("renewed-certificates")).toEqual(["renewed-cp0-rest"]);
    // A later way of renewing must not run in clusters that were renewed.
    expect(find("renewed-certificates").ignoreChanges).toEqual(["create"]);
    expect(last(find("renewed-certificates").deletedWith)).toBe("renewed-cp0");
    expect(inputsOf("tiny-certificates").triggers).toEqual(["3"]);
  });

  it("joins control planes one after the other, and each to a machine that is made when the one before it answers", () => {
    expect(dependsOn("ha-cp1")).toContain("ha-cp0-rest");
    expect(dependsOn("ha-cp2")).toContain("ha-cp1-rest");
    expect(dependsOn("ha-cp1-token")).toEqual(expect.arrayContaining(["ha-cp1-seat", "ha-init"]));
    expect(dependsOn("ha-cp2-join")).toEqual(["ha-cp2-ready", "ha-cp2-token"]);
    expect(dependsOn("ha-cp2-rest")).toEqual(expect.arrayContaining(["ha-cp2-join", "ha-cp2-off", "ha-cp2-ready"]));
    // The way back of the first comes before its own join: the second waits for it, and the first one's join for the second.
    expect(dependsOn("ha-cp0-rest")).toEqual(["ha-cp0", "ha-cp0-off", "ha-cp0-ready", "ha-init"]);
    expect(dependsOn("ha-cp0-token")).toEqual(expect.arrayContaining(["ha-cp0-seat", "ha-cp1-rest"]));
    expect(dependsOn("ha-smoke")).toEqual(["ha-cni", "ha-cp0-join", "ha-cp1-rest", "ha-cp2-rest", "ha-w1-member"]);
  });

  it("lets another control plane do what is about one of them", () => {
    const addresses = Object.fromEntries(several.machines.map((m) => [m.interfaces[0]?.address, m.name]));
    const on = (name: string): string | undefined => {
      const { connection } = (seen.find((s) => s.name === name && s.type.startsWith("command"))?.inputs ?? expect.fail(name)) as {
        connection: { value: { host: string } };
      };
      return addresses[connection.value.host];
    };
    expect(["ha-cp0-seat", "ha-cp0-token", "ha-cp1-seat", "ha-cp2-seat", "ha-w1-seat"].map(on)).toEqual([
      "ha-cp1",
      "ha-cp1",
      "ha-cp0",
      "ha-cp0",
      "ha-cp0",
    ]);
    expect(["ha-cp0-join", "ha-cp1-join", "ha-cp2-rest"].map(on)).toEqual(["ha-cp0", "ha-cp1", "ha-cp2"]);
    expect(["ha-cp0-seat", "ha-cp1-seat"].map((name) => last(find(name).deletedWith))).toEqual(["ha-cp1", "ha-cp0"]);
  });

  it("removes the etcd member of a control plane with its membership, and its Node after that", () => {
    for (const name of ["ha-cp0", "ha-cp1"]) {
      const { inputs } = seen.find((s) => s.name === `${name}-seat`) ?? expect.fail();
      expect(String(inputs.delete)).toMatch(new RegExp(`member remove[\\s\\S]*kubectl delete node ${name} `));
      expect(inputs).not.toHaveProperty("create");
      expect([find(`${name}-seat`).deleteBeforeReplace, dependsOn(`${name}-seat`)]).toEqual([true, [name]]);
    }
  });

  it("never joins a control plane again because a script or the list of control planes changed", () => {
    for (const step of ["token", "join"]) expect(find(`ha-cp1-${step}`).ignoreChanges.toSorted()).toEqual(["create", "stdin"]);
    expect(find("ha-cp1-rest").ignoreChanges).toEqual(["create"]);
  });

  it("has nothing of this in a cluster with one control plane", () => {
    expect(registrations.filter((r) => /cp0-(seat|token|join)$/.test(r.name) && !r.name.startsWith("ha-"))).toEqual([]);
    expect(dependsOn("kube-cp0")).not.toContain("kube-cp0-rest");
  });

  it("passes nothing on that a machine says", () => {
    expect(outputs).toEqual(Array(9).fill({}));
    for (const { name, inputs } of seen)
      expect([name, String(inputs.create)]).toEqual([name, expect.not.stringMatching(/cat \S*admin\.conf/)]);
  });

  it("keeps the step of an earlier version in clusters that have it, as it stands in their state, until their first renewal", () => {
    // What differs from the state and is not ignored would be a change of a living cluster.
    expect(find("former-kubeconfig")).toMatchObject({
      ignoreChanges: ["create"],
      secretOutputs: expect.arrayContaining(["stderr", "stdout"]) as string[],
    });
    expect(last(find("former-kubeconfig").parent)).toBe("former-control-plane");
    const { inputs } = seen.find((s) => s.name === "former-kubeconfig") ?? expect.fail();
    expect(Object.keys(inputs).sort()).toEqual(["addPreviousOutputInEnv", "connection", "create", "logging"]);
    expect(inputs).toMatchObject({ addPreviousOutputInEnv: false, logging: "none" });
    for (const name of ["kube", "renewed"]) expect(registrations.some((r) => r.name === `${name}-kubeconfig`)).toBe(false);
  });

  it("sends no secret to the engine without marking it", () => {
    const sensitive = [...Object.values(exampleSecrets(later).bootstrapTokens).map((t) => t.split(".")[1] ?? ""), "secret-"];
    const holders = registrations.filter((r) => sensitive.some((s) => r.wire.includes(s)));
    expect(holders.length).toBeGreaterThan(10);
    for (const r of holders) {
      const open = withoutSecrets(JSON.parse(r.wire));
      for (const s of sensitive) expect([r.name, JSON.stringify(open).includes(s)]).toEqual([r.name, false]);
    }
  });
});

function withMachineNames(spec: ClusterSpec, before: string): ClusterSpec {
  const named = (name: string): string => `${before}${name}`;
  const key = before.replace(/-$/, "");
  return {
    ...spec,
    networks: spec.networks.map((n) => ({ ...n, key })),
    ...(spec.services === undefined ? {} : { services: spec.services.map((s) => ({ ...s, machines: s.machines.map(named) })) }),
    machines: spec.machines.map((m) => ({ ...m, name: named(m.name), interfaces: m.interfaces.map((i) => ({ ...i, network: key })) })),
    kubernetes: spec.kubernetes.map((k) => ({
      ...k,
      key,
      controlPlane: k.controlPlane.map(named),
      pools: k.pools.map((pool) => ({ ...pool, nodes: pool.nodes.map(named) })),
    })),
  };
}

/** What the engine compares with its state: everything but the inputs that it is told to leave alone. */
function compared(r: Registration | undefined): unknown {
  if (r === undefined) return undefined;
  const { wire, ...options } = r;
  const inputs = Object.entries(JSON.parse(wire) as Record<string, unknown>).filter(([key]) => !r.ignoreChanges.includes(key));
  return { ...options, inputs: Object.fromEntries(inputs) };
}

const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** The document with every marked secret cut out. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  if (Object.values(value).includes(secretSignature)) return "(secret)";
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withoutSecrets(v)]));
}
