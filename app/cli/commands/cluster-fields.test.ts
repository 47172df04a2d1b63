import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, type Option } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClusterField, formChanges } from "#app/domain/cluster/change-classes.ts";
import { addChangeOptions, addCreateOptions, bodyOf, type ClusterOptions, fieldOptions } from "./cluster-fields.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGbM5DzfIVJbkVyXTwQ8BxvVvJkTSdZMEA6mwUvFRwGD mina";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-fields-"));
  writeFileSync(join(folder, "key.pub"), `${key}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const readOptions = (add: (command: Command) => Command, words: readonly string[]): ClusterOptions =>
  add(new Command().exitOverride()).parse(words, { from: "user" }).opts();

/** A value that the option takes. */
function sampleOf({ long, argChoices, required }: Option): readonly string[] {
  if (!required) return [];
  return [argChoices?.[0] ?? ({ "--pool": "name=gpu", "--ssh-key": join(folder, "key.pub") }[long ?? ""] || "3")];
}

const fields = Object.entries(fieldOptions).flatMap(([field, entry]) => (entry === null ? [] : [[field as ClusterField, entry] as const]));

describe("options of the cluster form's fields", () => {
  it.each(fields)("what is said of %s becomes that field of the request, and nothing else but how the key is given", (field, { add }) => {
    for (const option of add(new Command()).options) {
      const body = bodyOf(readOptions(addCreateOptions, [option.long ?? "", ...sampleOf(option)]));
      expect(Object.keys(body).filter((name) => name !== "sshKeyMode" || field === "sshKeyMode")).toEqual([field]);
    }
  });

  it("a key of a file is pasted, and both ways to give one exclude each other", () => {
    const file = join(folder, "key.pub");
    expect(bodyOf(readOptions(addCreateOptions, ["--ssh-key", file]))).toEqual({ sshKeyMode: "paste", sshKey: key });
    expect(bodyOf(readOptions(addCreateOptions, ["--generate-ssh-key"]))).toEqual({ sshKeyMode: "generate" });
    const both = () =>
      readOptions((c) => addCreateOptions(c.configureOutput({ writeErr: () => {} })), ["--ssh-key", file, "--generate-ssh-key"]);
    expect(both).toThrow(/cannot be used with/);
  });

  it("a change has the options of fields that a living cluster can change", () => {
    const flags = (add: (command: Command) => Command): readonly string[] => add(new Command()).options.map(({ flags: all }) => all);
    const changing = fields.filter(([field]) => formChanges[field] !== "fixed").flatMap(([, { add }]) => flags(add));
    expect(flags(addChangeOptions)).toEqual(changing);
    expect(flags(addChangeOptions).join()).not.toContain("--blueprint");
  });
});
