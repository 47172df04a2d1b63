import { expect, it } from "vitest";
import { type Interruption, type BlockedOn, blockedOn } from "./interruption-status.ts";

const fine: Interruption = { autoResume: true, gaveUp: false, libvirtAnswers: true, imageThere: true };

it.each<[BlockedOn, Partial<Interruption>]>([
  ["berth", {}],
  ["libvirt", { libvirtAnswers: false }],
  ["libvirt", { libvirtAnswers: false, imageThere: false }],
  ["image", { imageThere: false }],
  // Nothing of this helps before a person has acted.
  ["person", { gaveUp: true, libvirtAnswers: false }],
  ["person", { autoResume: false, imageThere: false }],
])("it is the turn of the %s", (turn, standing) => {
  expect(blockedOn({ ...fine, ...standing })).toBe(turn);
});
