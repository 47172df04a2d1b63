import { describe, expect, it } from "vitest";
import { missingForAppArmor, securityModelsIn } from "./app-armor.ts";

const capabilities = (model: string) =>
  `<capabilities>\n  <host>\n    <secmodel>\n      <model>${model}</model>\n      <doi>0</doi>\n    </secmodel>\n    <secmodel>\n      <model>dac</model>\n      <doi>0</doi>\n      <baselabel type='kvm'>+64055:+994</baselabel>\n    </secmodel>\n  </host>\n</capabilities>\n`;
const debian = ["/usr/lib/libvirt/virt-aa-helper", "/sbin/apparmor_parser", "/etc/apparmor.d/libvirt/TEMPLATE.qemu"];
const missing = (model: string, there: readonly string[]) =>
  missingForAppArmor(securityModelsIn(capabilities(model)), (path) => Promise.resolve(there.includes(path)));

describe("a libvirt that confines machines with AppArmor", () => {
  it("has all that it needs on a usual host", async () => {
    expect(await missing("apparmor", debian)).toEqual([]);
    expect(
      await missing("apparmor", [
        "/usr/libexec/libvirt/virt-aa-helper",
        "/usr/sbin/apparmor_parser",
        "/etc/apparmor.d/libvirt/TEMPLATE.qemu",
      ]),
    ).toEqual([]);
  });

  it("cannot start a machine without its helper, the parser of profiles, or the template", async () => {
    for (const path of debian)
      expect(
        await missing(
          "apparmor",
          debian.filter((p) => p !== path),
        ),
      ).toEqual([path]);
    expect(await missing("apparmor", [])).toEqual(debian);
  });

  it("is not meant where libvirt uses another security driver, or none", async () => {
    expect(await missing("selinux", [])).toEqual([]);
    expect(await missingForAppArmor(securityModelsIn("<capabilities/>"), () => Promise.resolve(false))).toEqual([]);
  });
});
