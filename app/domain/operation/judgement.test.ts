import { type Message, message, reported } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import { classifyFailure } from "./classify-failure.ts";
import { estimateFrom, remaining } from "./estimate.ts";
import type { Phase, StepRef } from "./event.ts";
import type { FailureCause } from "./failure.ts";

const command = (name: string, phase: Phase): StepRef => ({
  urn: name,
  name,
  step: null,
  type: "command:remote:Command",
  phase,
  machine: "w1",
  on: "w1",
});
const network: StepRef = {
  urn: "n",
  name: "main-network",
  step: "network",
  type: "libvirt:index/network:Network",
  phase: "network",
  machine: null,
  on: null,
};
const machine: StepRef = {
  urn: "m",
  name: "w1",
  step: "machine",
  type: "libvirt:index/domain:Domain",
  phase: "boot",
  machine: "w1",
  on: null,
};

describe("the cause of a failure", () => {
  it.each<[FailureCause, StepRef | null, string]>([
    ["host-key-mismatch", command("w1-ready", "ssh"), "10.91.7.21:22 has the host key SHA256:x, expected SHA256:y"],
    ["boot-timeout", command("w1-ready", "ssh"), "connecting to 10.91.7.21:22: gave up after 80 dials: no route to host"],
    ["ssh-unreachable", command("w1-join", "join"), "connecting to 10.91.7.21:22: gave up after 10 dials: connection refused"],
    ["kubeadm-init", command("main-init", "init"), "create on 10.91.7.10:22 ended with exit code 1"],
    ["kubeadm-join", command("w1-join", "join"), "create on 10.91.7.21:22 ended with exit code 1"],
    ["not-ready-in-time", command("main-smoke", "ready"), "ended with exit code 1: waiting for node w1: not so within 900 s"],
    ["command-failed", command("main-cni", "cni"), "ended with exit code 1"],
    ["name-taken", machine, "operation failed: domain 'b7-w1' already exists with uuid 0b2d"],
    ["name-taken", network, "error creating libvirt network: internal error: Unable to create bridge berth7: File exists"],
    ["subnet-in-use", network, "error creating libvirt network: internal error: Network is already in use by interface br0"],
    [
      "dns-port-taken",
      network,
      "internal error: Child process (VIR_BRIDGE_NAME=berth7 /usr/sbin/dnsmasq --conf-file=/var/lib/libvirt/dnsmasq/b7.conf) unexpected exit status 2: \ndnsmasq: failed to create listening socket for 10.91.7.1: Address already in use",
    ],
    [
      "firewall-rules",
      network,
      "internal error: Failed to apply firewall rules /usr/sbin/iptables -w --table filter --insert LIBVIRT_INP --in-interface berth7: iptables: No chain/target/match by that name.",
    ],
    ["firewall-rules", network, "error from service: GDBus.Error:org.fedoraproject.FirewallD1.Exception: INVALID_ZONE: libvirt"],
    [
      "file-access-denied",
      machine,
      "internal error: process exited while connecting to monitor: qemu-system-x86_64: -blockdev {}: Could not open '/srv/berth/pools/b7/b7-w1.qcow2': Permission denied",
    ],
    ["port-taken", null, "listening on 0.0.0.0:30000: listen EADDRINUSE: address already in use"],
    [
      "disruption-budget",
      command("w1-member", "join"),
      'delete on 10.91.7.10:22 ended with exit code 1 after 7m31s; its last output was:\nerror when evicting pods/"web-0" -n "shop" (will retry after 5s): Cannot evict pod as it would violate the pod\'s disruption budget.',
    ],
    ["out-of-disk", machine, "internal error: cannot create file '/srv/berth/pools/b7/b7-w1.qcow2': No space left on device"],
    [
      "out-of-memory",
      machine,
      "internal error: qemu unexpectedly closed the monitor: cannot set up guest memory 'pc.ram': Cannot allocate memory",
    ],
    ["out-of-disk", machine, "cannot write: No space left on device"],
    ["libvirt-unreachable", null, "error while uploading volume procedure interrupted while awaiting response: provider=libvirt@0.5.5"],
    [
      "libvirt-unreachable",
      machine,
      "sdk.helper_schema: error retrieving libvirt domain by delete: invalid argument: provider=libvirt@0.5.5",
    ],
    ["libvirt-unreachable", null, 'error defining libvirt network: invalid argument - <network><metadata tenant="a"/></metadata>'],
    ["unknown", machine, "error defining libvirt domain: invalid argument: network 'b7' has no such portgroup"],
    ["libvirt-unreachable", null, "failed to connect to the hypervisor: dial unix /var/run/libvirt/libvirt-sock: connect: no such file"],
    ["unknown", machine, "unsupported configuration: unknown CPU feature: fsrs"],
    ["unknown", null, "something else"],
  ])("is %s", (cause, step, message) => {
    expect(classifyFailure({ step, reasons: [reported(message)], lastOutput: [] }).cause).toBe(cause);
  });

  it.each([
    ["libvirt-unreachable", message("libvirt-silent")],
    ["engine-missing", message("engine-missing")],
    ["state-locked", message("state-locked", { holder: "process 7 on host-a" })],
    ["state-torn", message("state-outdated", { from: "", names: ["b7-demo-w1"] })],
  ] as const)("is %s when Berth itself gives that cause, and its text stays", (cause, reason) => {
    expect(classifyFailure({ step: null, reasons: [reason], lastOutput: [] })).toMatchObject({ cause, reasons: [reason] });
  });

  const asking = message("asking-libvirt", { uri: "qemu:///system", command: "net-list" });
  it.each<[FailureCause, readonly Message[]]>([
    ["libvirt-unreachable", [asking, reported("End of file while reading data: Input/output error")]],
    ["libvirt-unreachable", [asking, message("no-answer", { seconds: 60 })]],
    ["libvirt-unreachable", [asking, reported("failed to connect to the hypervisor: Connection refused")]],
    ["out-of-disk", [asking, reported("cannot create path: No space left on device")]],
    ["unknown", [asking, reported("Domain not found")]],
    ["unknown", [message("asking-api-server", { address: "10.91.7.10:6443" }), message("no-answer", { seconds: 20 })]],
  ])("is %s where a call of virsh or of the API server ended so", (cause, reasons) => {
    expect(classifyFailure({ step: null, reasons, lastOutput: [] })).toMatchObject({ cause, reasons });
  });

  it("is the lock or the crash where nothing else is known", () => {
    expect(classifyFailure({ step: null, reasons: [], lastOutput: [], locked: true }).cause).toBe("state-locked");
    expect(classifyFailure({ step: null, reasons: [reported("signal 9")], lastOutput: [], crashed: true })).toMatchObject({
      cause: "engine-crashed",
      next: "resume",
    });
  });

  it("names the pod and its budget where a drain was given up, wherever the script reported it", () => {
    const said = "pod shop/web-0 may not be evicted: disruption budget shop/web allows no disruption now; w1 takes pods again";
    const retried =
      'error when evicting pods/"web-0" -n "shop" (will retry after 5s): Cannot evict pod as it would violate the pod\'s disruption budget.';
    const step = command("w1-member", "join");
    const failure = classifyFailure({
      step,
      reasons: [reported("delete on 10.91.7.10:22 ended with exit code 1; its last output was:\nlast")],
      lastOutput: [retried, said, "last"],
    });
    expect(failure).toMatchObject({ cause: "disruption-budget", next: "relax-budget", reasons: [reported(said)] });
  });

  it("is followed by what it announces", () => {
    const said = "create on 10.91.7.10:22 ended with exit code 1 after 3s; its last output was:\nfirst\nthe last line\n";
    expect(classifyFailure({ step: command("main-cni", "cni"), reasons: [reported(said)], lastOutput: [] }).reasons).toEqual([
      reported("create on 10.91.7.10:22 ended with exit code 1 after 3s; its last output was: the last line"),
    ]);
  });

  it("is shown with where, one line of what, and the last lines", () => {
    const lastOutput = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const failure = classifyFailure({
      step: machine,
      reasons: [reported("1 error occurred:\n\t* error creating libvirt domain: no\n\n")],
      lastOutput,
    });
    expect(failure).toMatchObject({ step: "w1", machine: "w1", phase: "boot", reasons: [reported("error creating libvirt domain: no")] });
    expect(failure.lastOutput).toHaveLength(20);
    expect(failure.lastOutput.at(-1)).toBe("line 29");
  });
});

describe("an estimate", () => {
  it("is the middle of what was seen, with its span", () => {
    expect(estimateFrom([400, 300, 500])).toEqual({ median: 400, low: 300, high: 500, runs: 3 });
    expect(estimateFrom([300, 400])?.median).toBe(350);
  });

  it("is none without experience, and over when it is used up", () => {
    expect(estimateFrom([])).toBeNull();
    expect(remaining(estimateFrom([100]), 40)).toBe(60);
    expect(remaining(estimateFrom([100]), 140)).toBeNull();
  });
});
