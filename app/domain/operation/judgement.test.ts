import { describe, expect, it } from "vitest";
import { classifyFailure } from "./classify-failure.ts";
import { estimateFrom, remaining } from "./estimate.ts";
import type { Phase, StepRef } from "./event.ts";
import type { FailureCause } from "./failure.ts";

const command = (name: string, phase: Phase): StepRef => ({ urn: name, name, type: "command:remote:Command", phase, machine: "demo-w1" });
const machine: StepRef = { urn: "m", name: "demo-w1", type: "libvirt:index/domain:Domain", phase: "boot", machine: "demo-w1" };

describe("the cause of a failure", () => {
  it.each<[FailureCause, StepRef | null, string]>([
    ["host-key-mismatch", command("demo-w1-ready", "ssh"), "10.91.7.21:22 has the host key SHA256:x, expected SHA256:y"],
    ["boot-timeout", command("demo-w1-ready", "ssh"), "connecting to 10.91.7.21:22: gave up after 80 dials: no route to host"],
    ["ssh-unreachable", command("demo-w1-join", "join"), "connecting to 10.91.7.21:22: gave up after 10 dials: connection refused"],
    ["kubeadm-init", command("demo-init", "init"), "create on 10.91.7.10:22 ended with exit code 1"],
    ["kubeadm-join", command("demo-w1-join", "join"), "create on 10.91.7.21:22 ended with exit code 1"],
    ["not-ready-in-time", command("demo-smoke", "ready"), "ended with exit code 1: waiting for node demo-w1: not so within 900 s"],
    ["command-failed", command("demo-cni", "cni"), "ended with exit code 1"],
    ["name-taken", machine, "operation failed: domain 'b7-demo-w1' already exists with uuid 0b2d"],
    ["out-of-memory", machine, "internal error: qemu unexpectedly closed the monitor: cannot set up guest memory 'pc.ram': Cannot allocate memory"],
    ["out-of-disk", machine, "cannot write: No space left on device"],
    ["libvirt-unreachable", null, "error while uploading volume procedure interrupted while awaiting response: provider=libvirt@0.5.5"],
    ["libvirt-unreachable", machine, "sdk.helper_schema: error retrieving libvirt domain by delete: invalid argument: provider=libvirt@0.5.5"],
    ["libvirt-unreachable", null, 'error defining libvirt network: invalid argument - <network><metadata tenant="a"/></metadata>'],
    ["unknown", machine, "error defining libvirt domain: invalid argument: network 'b7' has no such portgroup"],
    ["libvirt-unreachable", null, "asking libvirt at qemu:///system (virsh net-list): End of file while reading data: Input/output error"],
    ["libvirt-unreachable", null, "putting the stack in order: libvirt does not answer"],
    ["libvirt-unreachable", null, "failed to connect to the hypervisor: dial unix /var/run/libvirt/libvirt-sock: connect: no such file"],
    ["unknown", machine, "unsupported configuration: unknown CPU feature: fsrs"],
    ["unknown", null, "something else"],
  ])("is %s", (cause, step, message) => {
    expect(classifyFailure({ step, message, lastOutput: [] }).cause).toBe(cause);
  });

  it("is the lock or the crash where nothing else is known", () => {
    expect(classifyFailure({ step: null, message: "", lastOutput: [], locked: true }).cause).toBe("state-locked");
    expect(classifyFailure({ step: null, message: "signal 9", lastOutput: [], crashed: true })).toMatchObject({ cause: "engine-crashed", next: "resume" });
  });

  it("is shown with where, one line of what, and the last lines", () => {
    const lastOutput = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const failure = classifyFailure({ step: machine, message: "1 error occurred:\n\t* error creating libvirt domain: no\n\n", lastOutput });
    expect(failure).toMatchObject({ step: "demo-w1", machine: "demo-w1", phase: "boot", message: "error creating libvirt domain: no" });
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
