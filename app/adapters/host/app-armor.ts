/**
 * What libvirt needs to confine a machine with AppArmor: it writes a profile for each from a template, with a helper that
 * runs the parser. libvirt looks for the template when its daemon starts, and for the others only when a machine does.
 */

/** Each with the places where distributions put it; the first is Debian's. */
const needed: readonly (readonly [string, ...string[]])[] = [
  [
    "/usr/lib/libvirt/virt-aa-helper",
    "/usr/libexec/libvirt/virt-aa-helper",
    "/usr/libexec/virt-aa-helper",
    "/usr/lib64/libvirt/virt-aa-helper",
  ],
  ["/sbin/apparmor_parser", "/usr/sbin/apparmor_parser", "/usr/bin/apparmor_parser"],
  ["/etc/apparmor.d/libvirt/TEMPLATE.qemu"],
];

/** `capabilities`: XML of `virsh capabilities`. */
export const securityModelsIn = (capabilities: string): readonly string[] =>
  [...capabilities.matchAll(/<secmodel>\s*<model>([^<]*)<\/model>/g)].map(([, model = ""]) => model);

/** Paths that are missing; none where libvirt does not use AppArmor. */
export async function missingForAppArmor(
  models: readonly string[],
  exists: (path: string) => Promise<boolean>,
): Promise<readonly string[]> {
  if (!models.includes("apparmor")) return [];
  const found = await Promise.all(
    needed.map(async (places) => ((await Promise.all(places.map(exists))).some((there) => there) ? [] : [places[0]])),
  );
  return found.flat();
}
