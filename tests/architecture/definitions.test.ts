/** Kinds are definitions: nobody outside of their tables asks which one it is, and each definition has all its parts. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it, test } from "vitest";
import { addOnImages } from "#ansible/toolchain/add-ons/all.ts";
import { addOnImageName } from "#ansible/toolchain/container-images.ts";
import { addOns } from "#app/domain/add-ons/all.ts";
import { blueprints } from "#app/domain/blueprints/all.ts";
import { machineRoles } from "#app/domain/cluster/spec.ts";
import { machineName } from "#app/domain/cluster/names.ts";
import { limits } from "#app/domain/cluster/sizes.ts";
import { serviceKinds } from "#app/domain/services/all.ts";
import type { ServiceKind } from "#app/domain/services/service.ts";
import { en } from "#app/messages/en.ts";
import { ko } from "#app/messages/ko.ts";
import { repoFolder } from "#app/setup/all-steps.ts";
import { addOnPrograms } from "#programs/add-ons/all.ts";
import { flannelImage, probeImage } from "#programs/render/images.ts";
import { settingsOf } from "#programs/render/profile.ts";
import { servicePrograms } from "#programs/services/all.ts";
import type { ServiceProgram } from "#programs/services/service.ts";
import { plainService, plainServiceProgram } from "#tests/plain/service.ts";

/** Definitions themselves, and the reader of documents that were written before there were any. */
const definitions = /^app\/domain\/(blueprints\/|cluster\/schema-1\.ts)|^(app\/domain|programs)\/(add-ons|services)\/|\.test\.tsx?$/;
const files = globSync(["{app,programs,pulumi}/**/*.{ts,tsx}"], {
  cwd: repoFolder,
  exclude: (name) => /node_modules|sdks/.test(name),
}).filter((file) => !definitions.test(file));

const compared = new Set(["blueprint", "distribution", "role"]);
const kinds = new Set<string>([
  ...blueprints.map((b) => b.id),
  ...addOns.map((a) => a.id),
  ...serviceKinds.map((s) => s.id),
  ...machineRoles,
]);

/** Comparisons of a blueprint, a distribution, an add-on, a service or a node's role: by what is compared, or by what with. */
function comparisonsIn(file: string, text: string): readonly string[] {
  // Most files say nothing of them, and need not be parsed.
  if (![...compared, ...kinds].some((word) => text.includes(word))) return [];
  const found: string[] = [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const isKind = (node: ts.Node): boolean =>
    (ts.isPropertyAccessExpression(node) && compared.has(node.name.text)) || (ts.isIdentifier(node) && compared.has(node.text));
  const isName = (node: ts.Node): boolean => ts.isStringLiteral(node) && kinds.has(node.text);
  // Certificates are of a kind that is called like a role, and so is what a change can be about; notices have levels.
  const isOther = (node: ts.Node): boolean => ts.isPropertyAccessExpression(node) && ["kind", "about", "level"].includes(node.name.text);
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && /^[!=]==?$/.test(node.operatorToken.getText())) {
      const sides = [node.left, node.right];
      if ((sides.some(isName) && !sides.some(isOther)) || (sides.some(isKind) && sides.some((side) => ts.isStringLiteral(side))))
        found.push(`${file}: ${node.getText()}`);
    }
    if (ts.isCaseClause(node) && isName(node.expression)) found.push(`${file}: ${node.getText().split("\n")[0]}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test("nobody asks which blueprint, distribution, add-on, service or role it is", () => {
  expect(files.length).toBeGreaterThan(300);
  expect(files.flatMap((file) => comparisonsIn(file, readFileSync(join(repoFolder, file), "utf8")))).toEqual([]);
});

test.each([`if (spec.blueprint === "single") go();`, `const x = m.role !== "worker";`, `switch (role) { case "control-plane": break; }`])(
  "%s would be found",
  (text) => {
    expect(comparisonsIn("x.ts", text)).toHaveLength(1);
  },
);

describe.each(blueprints)("the blueprint $id", ({ id }) => {
  it("has a text in every language", () => {
    for (const texts of [en, ko])
      expect([texts.blueprint, texts.blueprintLine].map((group) => Object.hasOwn(group, id))).toEqual([true, true]);
  });
});

interface Container {
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly resources?: { readonly requests?: { readonly cpu?: string; readonly memory?: string } };
}

/** Containers of pods anywhere in an object. */
function containersIn(value: unknown): readonly Container[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(/^(initC|c)ontainers$/.test(key) && Array.isArray(inner) ? (inner as readonly Container[]) : []),
    ...containersIn(inner),
  ]);
}

const addOnFolders = ["app/domain/add-ons", "programs/add-ons", "ansible/toolchain/add-ons"];

test("each add-on has its part in every folder, in the same order", () => {
  const ids = addOns.map(({ id }) => id);
  expect([new Set(ids).size, addOnPrograms.map(({ id }) => id), addOnImages.map(({ id }) => id)]).toEqual([ids.length, ids, ids]);
});

describe.each(addOns.map((addOn) => [addOn.id, addOn] as const))("the add-on %s", (id, addOn) => {
  it("is in files that are called after it, and its recipe is there", () => {
    for (const folder of addOnFolders) expect([folder, existsSync(join(repoFolder, folder, `${id}.ts`))]).toEqual([folder, true]);
    expect(existsSync(join(repoFolder, "docs/recipes/add-on.md"))).toBe(true);
  });

  it("has a name and a sentence in every language", () => {
    for (const texts of [en, ko])
      expect((texts.addOn as Readonly<Record<string, unknown>>)[id]).toEqual({
        name: expect.stringMatching(/./) as string,
        line: expect.stringMatching(/\.$/) as string,
      });
  });

  it("names container images that the node image holds", () => {
    const held = addOnImages.find((one) => one.id === id)?.images.map(addOnImageName);
    expect(addOn.images(addOn.versions[0])).toEqual(held);
  });

  it("runs containers from images that the node image holds, without a registry, which request processor time and memory", () => {
    const [version] = addOn.versions;
    const input = { version, settings: addOn.settings.parse({}), profile: settingsOf({ profile: "emulated" }) };
    const containers = containersIn(addOnPrograms.find((one) => one.id === id)?.manifests(input));
    const images = [...addOn.images(version), probeImage, flannelImage];
    for (const { image, imagePullPolicy, resources } of containers) {
      expect(images).toContain(image);
      expect([image, imagePullPolicy, resources?.requests]).toEqual([
        image,
        "IfNotPresent",
        { cpu: expect.any(String) as string, memory: expect.any(String) as string },
      ]);
    }
  });

  it("has a check by each name that it gives", () => {
    expect(Object.keys(addOnPrograms.find((one) => one.id === id)?.checks ?? {})).toEqual(addOn.checks);
  });

  it("can be had without settings, and stands after what it requires", () => {
    expect(addOn.settings.parse({})).toEqual(expect.any(Object));
    const before = addOns.slice(0, addOns.indexOf(addOn)).flatMap(({ provides }) => provides);
    expect(addOn.requires.filter((name) => !before.includes(name))).toEqual([]);
  });
});

const serviceFolders = ["app/domain/services", "programs/services"];

/** What a kind of service machine lacks, in words. */
function partsLacking(kind: ServiceKind, program: ServiceProgram | undefined): readonly string[] {
  const same = (a: readonly string[], b: readonly string[]): boolean => a.join() === b.join();
  // A name with a digit at its end would be that of another kind's machine, and these are those of nodes.
  const taken = [machineName("control-plane", 0), machineName("worker", 1)].map((name) => name.replace(/\d+$/, ""));
  return [
    ...(program === undefined ? ["a program"] : []),
    ...(/^[a-z]([a-z0-9-]*[a-z])?$/.test(kind.id) && !taken.includes(kind.id) ? [] : ["an id that machines can be called after"]),
    ...(kind.machines >= 1 && kind.machines <= limits.serviceMachines.max ? [] : ["a number of machines that there are addresses for"]),
    ...(kind.settings.safeParse({}).success ? [] : ["defaults of its settings"]),
    ...(program === undefined || same(Object.keys(program.checks), kind.checks) ? [] : ["a check by each name that it gives"]),
    ...(program === undefined || same(Object.keys(program.commands), kind.commands) ? [] : ["a command by each name that it gives"]),
  ];
}

test("each kind of service machine has its part in every folder, in the same order", () => {
  const ids = serviceKinds.map(({ id }) => id);
  expect([new Set(ids).size, servicePrograms.map(({ kind }) => kind)]).toEqual([ids.length, serviceKinds]);
  expect(existsSync(join(repoFolder, "docs/recipes/service-machine.md"))).toBe(true);
});

test("what a kind of service machine lacks would be found", () => {
  expect(partsLacking(plainService, plainServiceProgram)).toEqual([]);
  expect(partsLacking(plainService, undefined)).toEqual(["a program"]);
  expect(partsLacking({ ...plainService, id: "w", machines: 9, checks: [], commands: [] }, plainServiceProgram)).toHaveLength(4);
});

test.each(serviceKinds)("the kind of service machine $id has all its parts, texts and the role of its image", (kind) => {
  expect(
    partsLacking(
      kind,
      servicePrograms.find((one) => one.kind === kind),
    ),
  ).toEqual([]);
  for (const folder of serviceFolders) expect([folder, existsSync(join(repoFolder, folder, `${kind.id}.ts`))]).toEqual([folder, true]);
  // What nodes are made from has a role already.
  const role = kind.image === "node" ? "node_image" : kind.id.replaceAll("-", "_");
  expect(existsSync(join(repoFolder, "ansible/roles", role, "tasks/main.yml"))).toBe(true);
  for (const texts of [en, ko])
    expect((texts.service as Readonly<Record<string, unknown>>)[kind.id]).toEqual({
      name: expect.stringMatching(/./) as string,
      line: expect.stringMatching(/\.$/) as string,
    });
  // Without ports it would serve nobody, and nothing of it would be closed.
  expect(kind.ports.length).toBeGreaterThan(0);
});
