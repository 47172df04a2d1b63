import { message } from "#app/domain/message/message.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { networkOf } from "#app/domain/cluster/spec.ts";
import { type HostSurvey, type Listener, publishedPortsOf } from "#app/domain/plan/host-obstacles.ts";
import { everywhere } from "#tests/contract/empty-hypervisor.ts";
import { RunRig } from "#tests/contract/run-rig.ts";

let rig: RunRig;
let survey: HostSurvey;
const free: HostSurvey = {
  addresses: [],
  routes: [],
  devices: [],
  listeners: [],
  published: [],
  storage: { folder: "/p", freeMiB: 1e6, freeInodes: null },
  ipForwarding: true,
  forwardDrops: [],
  appArmorMissing: [],
};

beforeEach(async () => {
  rig = await RunRig.start();
  survey = free;
  rig.ports = {
    ...rig.ports,
    hostChecks: everywhere({
      survey: () => Promise.resolve(survey),
      takenPorts: () => Promise.resolve([]),
      silentPorts: () => Promise.resolve([]),
    }),
  };
});

const spec = async () => (await rig.stores.clusters.spec(rig.clusterId, 1)) ?? expect.fail();
const bridgeWith = (address: string): HostSurvey => ({ ...free, addresses: [{ device: "br9", address, bits: 24 }], devices: ["br9"] });

describe("something in the way on the host", () => {
  it("is in the plan of the preview, which cannot be carried out", async () => {
    const { gateway, cidr } = networkOf(await spec());
    survey = bridgeWith(gateway);
    const plan = await rig.plan();
    expect(plan.refusals).toEqual([{ code: "address-conflict", params: { range: cidr, found: `${gateway}/24`, device: "br9" } }]);
    await rig.submit("update", plan.id);
    expect((await rig.runNext()).failure).toMatchObject({
      reasons: [message("address-conflict", { range: cidr, found: `${gateway}/24`, device: "br9" })],
      next: "preview-again",
    });
  });

  it("that came after the preview stops the update before anything is made, and a resume continues once it is gone", async () => {
    const plan = await rig.plan();
    const began = rig.runs.length;
    const network = networkOf(await spec());
    survey = bridgeWith(network.gateway);
    const id = await rig.submit("update", plan.id);
    expect((await rig.runNext()).failure).toMatchObject({
      cause: "subnet-in-use",
      next: "ask-operator",
      reasons: [{ code: "address-conflict", params: { range: network.cidr } }],
    });
    expect([rig.runs.length, (await rig.cluster())?.state, await rig.stores.clusters.stateSerial(rig.clusterId)]).toEqual([
      began,
      "draft",
      plan.stateSerial,
    ]);
    survey = free;
    await rig.stores.operations.resume(id, "mina", ++rig.time);
    expect((await rig.runNext()).state).toBe("succeeded");
  });

  it.each<[string, (port: number) => Partial<HostSurvey>]>([
    ["port-taken", (port) => ({ published: [listener("tcp", "0.0.0.0", port)] })],
    ["dns-port-taken", () => ({ listeners: [listener("udp", "0.0.0.0", 53)] })],
    ["out-of-disk", () => ({ storage: { ...free.storage, freeMiB: 1 } })],
    ["out-of-disk", () => ({ storage: { ...free.storage, freeInodes: 0 } })],
    ["traffic-not-forwarded", () => ({ forwardDrops: [{ chain: "ip filter FORWARD", accepts: [] }] })],
    ["confinement-incomplete", () => ({ appArmorMissing: ["/sbin/apparmor_parser"] })],
  ])("has a cause of its own: %s", async (cause, change) => {
    const plan = await rig.plan();
    survey = { ...free, ...change(publishedPortsOf(await spec())[0] ?? 0) };
    await rig.submit("update", plan.id);
    expect((await rig.runNext()).failure?.cause).toBe(cause);
  });

  it("keeps nobody from tearing the cluster down", async () => {
    await rig.update();
    survey = { ...bridgeWith(networkOf(await spec()).gateway), storage: { ...free.storage, freeMiB: 0 } };
    const plan = await rig.plan("destroy");
    expect(plan.refusals).toEqual([]);
    await rig.submit("destroy", plan.id, "destroy");
    expect((await rig.runNext()).state).toBe("succeeded");
  });
});

const listener = (protocol: "tcp" | "udp", address: string, port: number): Listener => ({
  protocol,
  address,
  port,
  program: "nginx (process 12)",
});
