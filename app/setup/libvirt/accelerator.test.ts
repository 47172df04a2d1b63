import { message } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import { judgeAccelerator, virtualisationFlag } from "./accelerator.ts";
import { bootSector } from "./boot-probe.ts";

const cpuinfo = (flags: string) => `processor\t: 0\nmodel name\t: Some svm-like name\nflags\t\t: fpu ${flags} sse\nbugs\t\t: x\n`;
const boots = async () => ({ boots: true, reason: message("probe-booted") });
const hangs = async () => ({ boots: false, reason: message("probe-slow", { seconds: 10 }) });

describe("choosing the accelerator", () => {
  it("reads the flags, not the model's name", () => {
    expect(virtualisationFlag(cpuinfo("vmx"))).toBe("vmx");
    expect(virtualisationFlag(cpuinfo("svm_lock svm"))).toBe("svm");
    expect(virtualisationFlag(cpuinfo("svm_lock"))).toBeNull();
    expect(virtualisationFlag("")).toBeNull();
  });

  it("takes KVM only when a machine really boots", async () => {
    expect(await judgeAccelerator("auto", cpuinfo("vmx"), boots)).toMatchObject({ accelerator: "kvm", chosenBy: "probe" });
    const verdict = await judgeAccelerator("auto", cpuinfo("svm"), hangs);
    expect(verdict.accelerator).toBe("tcg");
    expect(verdict.reasons).toEqual([message("processor-flag", { flag: "svm" }), message("probe-slow", { seconds: 10 })]);
  });

  it("does not try to boot without the flag", async () => {
    const verdict = await judgeAccelerator("auto", cpuinfo(""), async () => Promise.reject(new Error("must not boot")));
    expect(verdict).toMatchObject({ accelerator: "tcg", reasons: [message("no-virtualisation")] });
  });

  it("obeys the setting", async () => {
    const verdict = await judgeAccelerator("kvm", cpuinfo(""), hangs);
    expect(verdict).toEqual({
      accelerator: "kvm",
      chosenBy: "setting",
      reasons: [message("setting-is", { setting: "BERTH_ACCELERATOR", choice: "kvm" })],
    });
  });

  it("boots a sector that a BIOS accepts", () => {
    expect(bootSector()).toHaveLength(512);
    expect(bootSector().subarray(510)).toEqual(Buffer.from([0x55, 0xaa]));
  });
});
