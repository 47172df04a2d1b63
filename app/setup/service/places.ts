/** Where the service's files lie. `root` is `/`, or a folder that stands in for it in tests. */
import { join } from "node:path";

export interface ServicePlaces {
  readonly tree: string;
  readonly unit: string;
  readonly guestsOrder: string;
  readonly settings: string;
  readonly command: string;
}

export const servicePlaces = (root = "/"): ServicePlaces => ({
  tree: join(root, "opt", "berth"),
  unit: join(root, "etc", "systemd", "system", "berth.service"),
  guestsOrder: join(root, "etc", "systemd", "system", "libvirt-guests.service.d", "berth.conf"),
  settings: join(root, "etc", "default", "berth"),
  command: join(root, "usr", "local", "bin", "berth"),
});

/** In the installed tree: tells it from a folder of the same name that somebody else made. */
export const treeMark = ".installed-by-berth-service";
