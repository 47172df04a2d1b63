/** Our command provider answers to everything that @pulumi/command asks of one, and to nothing else. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import * as command from "@pulumi/command";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { versions } from "#pulumi/toolchain/versions.ts";
import { type EngineFixture, engineFixture } from "./engine-fixture.ts";
import { declaredBy, packageFolder } from "./npm-types.ts";
import { providedBy, type Schema } from "./schema-types.ts";

const run = promisify(execFile);
const declared = declaredBy("@pulumi/command", ["local", "remote"]);
let fixture: EngineFixture;
let schema: Schema;

beforeAll(async () => {
  fixture = await engineFixture();
  const plugin = join(fixture.engine, `home/plugins/resource-command-v${versions.plugins.command}/pulumi-resource-command`);
  const { stdout } = await run(join(fixture.engine, "bin/pulumi"), ["package", "get-schema", plugin], {
    env: { ...process.env, ...fixture.env },
    maxBuffer: 64 << 20,
  });
  schema = JSON.parse(stdout) as Schema;
}, 30 * 60_000);
afterAll(() => fixture.close());

test("what is read from the npm package is not empty", () => {
  expect(Object.keys(declared.resources).sort()).toEqual(["local.Command", "remote.Command", "remote.CopyFile", "remote.CopyToRemote"]);
  expect(Object.keys(declared.functions)).toEqual(["local.run"]);
  expect(declared.resources["remote.Command"]?.inputs).toMatchObject({
    connection: "remote.Connection",
    create: "string?",
    environment: "{string}?",
    logging: "remote.Logging?",
    triggers: "any[]?",
  });
  expect(Object.keys(declared.inputTypes)).toEqual(["remote.Connection", "remote.ProxyConnection"]);
  expect(Object.keys(declared.outputTypes)).toEqual(["remote.Connection", "remote.ProxyConnection"]);
  expect(Object.keys(declared.enums)).toEqual(["local.Logging", "remote.Logging"]);
  expect(declared.resources["local.Command"]?.outputs).toMatchObject({ stdout: "string", assets: "{Archive|Asset}?", archive: "Archive?" });
});

describe("the schema has what the types declare", () => {
  test.each(["resources", "functions", "inputTypes", "outputTypes", "enums"] as const)("%s", (part) => {
    expect(providedBy(schema)[part]).toEqual(declared[part]);
  });

  test("the name and the version", () => {
    expect([schema.name, schema.version]).toEqual(["command", versions.plugins.command]);
  });

  test("the tokens of resources", () => {
    const tokens = [command.local.Command, command.remote.Command, command.remote.CopyFile, command.remote.CopyToRemote].map(
      (resource) => (resource as unknown as { __pulumiType: string }).__pulumiType,
    );
    expect(Object.keys(schema.resources).sort()).toEqual(tokens.sort());
  });
});

describe("the schema has what the code does", () => {
  test("defaults of connections", () => {
    const { connectionArgsProvideDefaults, proxyConnectionArgsProvideDefaults } = command.types.input.remote;
    const defaults = (type: string): Record<string, unknown> => {
      const properties = Object.entries(schema.types[type]?.properties ?? {});
      return Object.fromEntries(properties.flatMap(([name, spec]) => (spec.default === undefined ? [] : [[name, spec.default]])));
    };
    const host = "machine";
    expect({ host, ...defaults("command:remote:Connection") }).toEqual(withoutUndefined(connectionArgsProvideDefaults({ host })));
    expect({ host, ...defaults("command:remote:ProxyConnection") }).toEqual(withoutUndefined(proxyConnectionArgsProvideDefaults({ host })));
  });

  test.each(Object.keys(declared.resources))("secrets and replacing of %s", (name) => {
    const resource = schema.resources[`command:${name.replace(".", ":")}`];
    const marked = (mark: "secret" | "replaceOnChanges"): string[] =>
      Object.entries(resource?.properties ?? {}).flatMap(([property, spec]) => (spec[mark] === true ? [property] : []));
    expect(marked("secret")).toEqual(optionInCode(name, "additionalSecretOutputs"));
    expect(marked("replaceOnChanges").map((property) => `${property}[*]`)).toEqual(optionInCode(name, "replaceOnChanges"));
  });

  test("what is deprecated", () => {
    const deprecated = Object.entries(schema.resources).flatMap(([token, { deprecationMessage }]) => (deprecationMessage ? [token] : []));
    expect(deprecated).toEqual(["command:remote:CopyFile"]);
  });
});

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}

/** The resource option as the package's generated code writes it, e.g. `additionalSecretOutputs: ["connection"]`. */
function optionInCode(resource: string, option: string): string[] {
  const [module = "", name = ""] = resource.split(".");
  const file = join(packageFolder("@pulumi/command"), module, `${name.charAt(0).toLowerCase()}${name.slice(1)}.js`);
  const list = new RegExp(`${option}: (.*?) \\}`).exec(readFileSync(file, "utf8"))?.[1];
  return list === undefined ? [] : (JSON.parse(list) as string[]);
}
