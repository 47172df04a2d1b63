import { expect, it } from "vitest";
import { type Standing, type Turn, turnOf } from "./standing.ts";

const fine: Standing = { autoResume: true, gaveUp: false, libvirtAnswers: true, imageThere: true };

it.each<[Turn, Partial<Standing>]>([
  ["berth", {}],
  ["libvirt", { libvirtAnswers: false }],
  ["libvirt", { libvirtAnswers: false, imageThere: false }],
  ["image", { imageThere: false }],
  // Nothing of this helps before a person has acted.
  ["person", { gaveUp: true, libvirtAnswers: false }],
  ["person", { autoResume: false, imageThere: false }],
])("it is the turn of the %s", (turn, standing) => {
  expect(turnOf({ ...fine, ...standing })).toBe(turn);
});
