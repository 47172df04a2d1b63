import { expect, test } from "vitest";
import { specChanges } from "#app/domain/cluster/spec-changes.ts";
import { grown, specOf } from "#tests/pages/fixture-things.ts";
import { specChangeLines } from "./spec-change-lines.ts";

const one = specOf("demo", 1, 3);
const two = grown(one, 2, 3);
const worker = { role: "worker", vcpus: "2", memoryMiB: "2048", diskGiB: "20" };

test("a machine that is added is one line with its size, whatever Berth decided about it besides", () => {
  expect(specChangeLines(specChanges(one, two))).toEqual([{ kind: "machine-added", node: "demo-w2", values: { ...worker, address: two.machines[2]?.address } }]);
});

test("a machine that goes is one line", () => {
  expect(specChangeLines(specChanges(two, one))).toMatchObject([{ kind: "machine-removed", node: "demo-w2" }]);
});

test("a value that changes is one line with both values; keys and names that follow from it are none", () => {
  const [cp, ...rest] = one.machines;
  const larger = { ...one, kubernetesVersion: "1.36.0", machines: cp === undefined ? rest : [{ ...cp, memoryMiB: 4096, sshHostKey: "another" }, ...rest] };
  expect(specChangeLines(specChanges(one, larger))).toEqual([
    { kind: "value", node: null, field: "kubernetesVersion", before: "1.35.4", after: "1.36.0" },
    { kind: "value", node: "demo-cp0", field: "memoryMiB", before: "2048", after: "4096" },
  ]);
});

test("a first revision counts its machines", () => {
  expect(specChangeLines(specChanges(null, one)).filter((line) => line.kind === "machine-added").map((line) => line.node)).toEqual(["demo-cp0", "demo-w1"]);
});
