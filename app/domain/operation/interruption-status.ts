/** Whose turn it is while an operation stands interrupted. */

/** `image`: the node image that its machines are made from. `berth`: it continues within half a minute. */
export const blockers = ["person", "libvirt", "image", "berth"] as const;
export type BlockedOn = (typeof blockers)[number];

export interface Interruption {
  /** Whether interrupted operations may continue automatically at all. */
  readonly autoResume: boolean;
  /** It was resumed so often without getting further that it is not tried again. */
  readonly gaveUp: boolean;
  readonly libvirtAnswers: boolean;
  readonly imageThere: boolean;
}

export function blockedOn({ autoResume, gaveUp, libvirtAnswers, imageThere }: Interruption): BlockedOn {
  if (!autoResume || gaveUp) return "person";
  if (!libvirtAnswers) return "libvirt";
  return imageThere ? "berth" : "image";
}
