import { describe, expect, it } from "vitest";
import { message } from "#app/domain/message/message.ts";
import { libvirtHypervisor } from "./hypervisor.ts";
import { virshAt } from "./virsh.ts";

/** Answers by the words of the call; a call that has no answer is an error, as libvirt's would be. */
function recorded(answers: Record<string, string>) {
  const calls: string[] = [];
  const virsh = async (words: readonly string[]) => {
    const call = words.join(" ");
    calls.push(call);
    const answer = answers[call];
    if (answer === undefined) throw new Error(`asking libvirt (${call}): no such thing`);
    return answer;
  };
  return { calls, hypervisor: libvirtHypervisor({ uri: "qemu:///system", disksFolder: "/nowhere/at/all", virsh }) };
}

const machine = (name: string) => `Domain: '${name}'\n  state.state=1\n  balloon.maximum=131072\n  vcpu.current=1\n`;

const owned = (kind: "domain" | "network", node: string) =>
  `<${kind}><metadata><berth:owner xmlns:berth="urn:berth:owner:1" tenant="t1" cluster="c1" stack="demo" machine="${node}"/></metadata></${kind}>`;

describe("the hypervisor through virsh", () => {
  it("counts only what belongs to the prefix, not what merely starts alike", async () => {
    const { hypervisor } = recorded({
      "domstats --state --balloon --vcpu": machine("b7-demo-cp0") + machine("b7-demolition-cp0") + machine("b7-demo"),
      "list --all --name --with-managed-save": "",
      "dumpxml b7-demo-cp0": owned("domain", "b7-demo-cp0"),
      "dumpxml b7-demo": "<domain><name>b7-demo</name></domain>",
      "net-dumpxml b7-demo": owned("network", ""),
      "net-list --name": "b7-demo\n",
      "net-list --all --name": "b7-demo\nb7-demo2\n",
      "pool-list --all --name": "shared\n",
      "pool-list --name": "shared\n",
      "vol-list shared": " b7-demo-cp0.qcow2  /d/b7-demo-cp0.qcow2\n b70-x.qcow2  /d/b70-x.qcow2\n",
      "vol-dumpxml --pool shared b7-demo-cp0.qcow2":
        "<volume><name>b7-demo-cp0.qcow2</name><capacity unit='bytes'>5</capacity><target><path>/d/b7-demo-cp0.qcow2</path></target></volume>",
    });
    const found = await hypervisor.inventory("b7-demo");
    expect(found.machines.map((m) => [m.name, m.owner?.machine])).toEqual([
      ["b7-demo-cp0", "b7-demo-cp0"],
      ["b7-demo", undefined],
    ]);
    expect(found.networks).toEqual([
      { name: "b7-demo", active: true, bridgeLeft: false, owner: { tenantId: "t1", clusterId: "c1", stackName: "demo", machine: "" } },
    ]);
    expect(found.volumes.map((v) => v.path)).toEqual(["/d/b7-demo-cp0.qcow2"]);
    expect(found.pools).toEqual([]);
  });

  it("tells a machine whose memory is saved from one that is merely off", async () => {
    const off = (name: string) => machine(name).replace("state=1", "state=5");
    const { hypervisor } = recorded({
      "domstats --state --balloon --vcpu": off("b7-cp0") + off("b7-w1") + machine("b7-w2"),
      "list --all --name --with-managed-save": "b7-cp0\nb7-w2\n",
      "dumpxml b7-cp0": owned("domain", "cp0"),
      "dumpxml b7-w1": owned("domain", "w1"),
      "dumpxml b7-w2": owned("domain", "w2"),
      "net-list --name": "",
      "net-list --all --name": "",
      "pool-list --all --name": "",
      "pool-list --name": "",
    });
    expect((await hypervisor.inventory("b7")).machines.map((m) => [m.name, m.state, m.saved])).toEqual([
      ["b7-cp0", "stopped", true],
      ["b7-w1", "stopped", undefined],
      ["b7-w2", "running", undefined],
    ]);
  });

  it("forgets pools of images whose folder is gone, and no other pool that is off", async () => {
    const gone = (name: string, folder: string) => `<pool><name>${name}</name><target><path>${folder}</path></target></pool>`;
    const { calls, hypervisor } = recorded({
      "pool-list --all --name": "berth-image-new\nberth-image-old\nberth-image-off\nmine\n",
      "pool-list --name": "berth-image-new\n",
      "pool-list --inactive --name": "berth-image-old\nberth-image-off\nmine\n",
      "pool-dumpxml berth-image-new": gone("berth-image-new", "/tmp"),
      "pool-dumpxml berth-image-old": gone("berth-image-old", "/nowhere/at/all"),
      "pool-dumpxml berth-image-off": gone("berth-image-off", "/tmp"),
      "pool-autostart berth-image-new": "",
      "pool-undefine berth-image-old": "",
    });
    await hypervisor.ensureImagePool("berth-image-new", "/tmp");
    expect(calls.filter((call) => /destroy|undefine|delete/.test(call))).toEqual(["pool-undefine berth-image-old"]);
  });

  it("looks over the whole host, without going through everybody's disks", async () => {
    const { calls, hypervisor } = recorded({
      "domstats --state --balloon --vcpu": machine("b7-demo-cp0") + machine("mail"),
      "list --all --name --with-managed-save": "",
      "dumpxml b7-demo-cp0": owned("domain", "b7-demo-cp0"),
      "dumpxml mail": "<domain/>",
      "net-list --name": "default\n",
      "net-list --all --name": "default\n",
      "net-dumpxml default": "<network><name>default</name></network>",
      "pool-list --all --name": "b7-demo\n",
      "pool-list --name": "b7-demo\n",
      "pool-dumpxml b7-demo": "<pool><name>b7-demo</name><target><path>/p/b7-demo</path></target></pool>",
    });
    const found = await hypervisor.inventory(null);
    expect(found.machines.map((m) => [m.name, m.owner?.clusterId])).toEqual([
      ["b7-demo-cp0", "c1"],
      ["mail", undefined],
    ]);
    expect(found).toMatchObject({
      networks: [{ name: "default", owner: null }],
      pools: [{ name: "b7-demo", folder: "/p/b7-demo" }],
      volumes: [],
    });
    expect(calls.filter((c) => c.startsWith("vol-"))).toEqual([]);
  });

  it("does not take an unreachable libvirt for an empty one", async () => {
    await expect(recorded({}).hypervisor.inventory("b7-demo")).rejects.toThrow("asking libvirt");
    await expect(recorded({}).hypervisor.remove("machine", "b7-demo-cp0")).rejects.toThrow("asking libvirt");
  });

  it("leaves alone what is absent", async () => {
    const { calls, hypervisor } = recorded({ "list --all --name": "other\n", "net-list --all --name": "", "pool-list --all --name": "" });
    await hypervisor.remove("machine", "b7-demo-cp0");
    await hypervisor.remove("network", "b7-demo");
    await hypervisor.remove("pool", "b7-demo");
    expect(calls).toEqual(["list --all --name", "net-list --all --name", "pool-list --all --name"]);
  });

  it("says what is missing when virsh is", async () => {
    const path = process.env.PATH;
    process.env.PATH = "/nonexistent";
    try {
      await expect(virshAt("qemu:///system")(["version"])).rejects.toMatchObject({
        reasons: [
          message("asking-libvirt", { uri: "qemu:///system", command: "version" }),
          message("program-missing", { program: "virsh" }),
        ],
      });
    } finally {
      process.env.PATH = path;
    }
  });
});
