/** The shell of an add-on, run with a kubectl that only writes down what it was asked. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import type { AddOnProgram } from "./add-on.ts";
import { addOnScript, removeAddOnScript, renderAddOn } from "./scripts.ts";

const addOn = { id: "sample", version: "1.0", kubernetes: "main", settings: {} };
const program: AddOnProgram = {
  id: "sample",
  manifests: ({ version }) => [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "sample" } },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", namespace: "sample", labels: { app: "sample" } },
      data: { version },
    },
  ],
  checks: { answers: { what: "the sample to answer", minutes: 1, succeeds: "kubectl get --raw /sample", report: "echo nothing answers" } },
};
const spec = exampleSpec({ workers: 0 });
/** Time limits are the script's own matter and too long for a test. */
const quick = { ...spec, profile: "accelerated" } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-add-on-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** `kubectl`: lines of a shell script that stands in for it. */
function run(script: string, kubectl: string, stdin = "") {
  writeFileSync(join(folder, "kubectl"), `#!/bin/sh\necho "$*" >> ${folder}/asked\n${kubectl}\n`);
  chmodSync(join(folder, "kubectl"), 0o755);
  const text = script.replaceAll("/var/lib/berth", folder);
  const { status, stdout, stderr } = spawnSync("bash", ["-c", text], {
    input: stdin,
    encoding: "utf8",
    env: { NODE_ENV: "test", PATH: `${folder}:/usr/bin:/bin` },
  });
  const asked = existsSync(join(folder, "asked")) ? readFileSync(join(folder, "asked"), "utf8").trim().split("\n") : [];
  return { status, stdout, stderr, asked };
}

describe("putting an add-on in", () => {
  it("applies its objects in their order, each with Berth's label, and ends when its check succeeds", () => {
    const manifests = renderAddOn(quick, addOn, program);
    const objects = (JSON.parse(manifests) as { items: { metadata: { name: string; labels: object } }[] }).items;
    expect(objects.map(({ metadata }) => metadata)).toEqual([
      { name: "sample", labels: { "berth.dev/add-on": "sample" } },
      { name: "settings", namespace: "sample", labels: { app: "sample", "berth.dev/add-on": "sample" } },
    ]);
    const { status, asked, stdout } = run(addOnScript(quick, addOn, program), "exit 0", manifests);
    expect([status, asked]).toEqual([0, [`apply --validate=false -f ${folder}/add-ons/sample.json`, "get --raw /sample"]]);
    expect(readFileSync(join(folder, "add-ons", "sample.json"), "utf8")).toBe(manifests);
    expect(stdout).toContain("check answers: waiting for the sample to answer");
    expect(stdout).toContain("add-on sample 1.0 works");
  });

  it("asks again until the check succeeds", () => {
    const onceBusy = `case "$1" in get) [ -e ${folder}/seen ] || { touch ${folder}/seen; exit 1; };; esac`;
    const { status, asked } = run(addOnScript(quick, addOn, program), onceBusy, "{}");
    expect([status, asked.filter((line) => line.startsWith("get")).length]).toEqual([0, 2]);
  });

  it("fails with what the check reports, and what it waited for, when it never succeeds", () => {
    const script = addOnScript(quick, addOn, program).replace("until_ok 60 ", "until_ok 0 ");
    const { status, stdout, stderr } = run(script, `case "$1" in get) echo no route >&2; exit 1;; esac`, "{}");
    expect(status).toBe(1);
    expect(stderr).toMatch(/waiting for the sample to answer: not so within 0 s\nno route/);
    expect(stdout).toContain("nothing answers");
    expect(stdout).not.toContain("works");
  });

  it("waits three times as long on emulated machines", () => {
    expect(
      [addOnScript(quick, addOn, program), addOnScript({ ...spec, profile: "emulated" }, addOn, program)].map(
        (text) => /until_ok (\d+)/.exec(text)?.[1],
      ),
    ).toEqual(["60", "180"]);
  });
});

describe("removing an add-on", () => {
  it("deletes its objects in the opposite order, and nothing else of them is sent", () => {
    const script = removeAddOnScript(quick, addOn, program).replace(/^rm -f .*$/m, "");
    const { status, asked } = run(script, "exit 0");
    expect([status, asked]).toEqual([0, [`delete --ignore-not-found -f ${folder}/add-ons/sample-removal.json`]]);
    const { items } = JSON.parse(readFileSync(join(folder, "add-ons", "sample-removal.json"), "utf8")) as { items: unknown };
    expect(items).toEqual([
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "sample" } },
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "sample" } },
    ]);
  });

  it("leaves no file behind", () => {
    expect(run(addOnScript(quick, addOn, program), "exit 0", "{}").status).toBe(0);
    expect(run(removeAddOnScript(quick, addOn, program), "exit 0").status).toBe(0);
    expect(existsSync(join(folder, "add-ons", "sample.json"))).toBe(false);
  });
});
