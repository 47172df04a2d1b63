import { expect, test } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { stepTable } from "#app/domain/cluster/steps.ts";
import type { RowStatus } from "#app/domain/operation/progress.ts";
import type { Change } from "#app/domain/plan/plan.ts";
import { en } from "#app/messages/en.ts";
import { createTranslations } from "#app/messages/i18n.ts";
import { ko } from "#app/messages/ko.ts";
import { arrangementsWord, shortStepLabel, stepLabel, stepWord } from "./step-label.ts";

const english = createTranslations("en", en).t;
const korean = createTranslations("ko", ko).t;
const table = stepTable([exampleSpec({ workers: 1 })]);
const rowOf = (name: string, change: Change) => ({ ...(table.get(name) ?? expect.fail(`${name} is no resource`)), change });

/** A row as it is read, label and word; `beside`: the rows that stand with it. */
function read(name: string, change: Change, status: RowStatus | null, beside: Readonly<Record<string, Change>> = {}): readonly string[] {
  const row = rowOf(name, change);
  const rows = [row, ...Object.entries(beside).map(([n, c]) => rowOf(n, c))];
  return [english, korean].map((t) => `${stepLabel(row, t)} — ${stepWord({ ...row, status }, rows, t)}`);
}

test("a step that only registers a hook is called that in the plan, while it runs and afterwards", () => {
  expect(read("cp0-off", "create", null)).toEqual(["Orderly shut-down of cp0 — register hook", "정상 종료: cp0 — 훅 등록"]);
  expect(read("w1-seat", "create", "running")).toEqual([
    "Node removal hook: w1 — register hook · running",
    "노드 제거 훅: w1 — 훅 등록 · 실행 중",
  ]);
  expect(read("w1-rest", "create", "done")).toEqual(["Drain and restart hook: w1 — hook registered", "drain·재시작 훅: w1 — 훅 등록됨"]);
  expect(read("w1-token", "create", "done")).toEqual(["Join token for w1 — issued", "조인 토큰: w1 — 발급됨"]);
});

test("a new size is told by what is really done", () => {
  const kept = { w1: "replace", "w1-disk": "same" } as const;
  expect(read("w1-off", "replace", "done", kept)[0]).toBe("Orderly shut-down of w1 — shut down, hook registered again");
  expect(read("w1-rest", "replace", null, kept)).toEqual([
    "Drain and restart hook: w1 — drain, then restart",
    "drain·재시작 훅: w1 — drain한 뒤 재시작",
  ]);
  expect(read("w1-rest", "replace", "done", kept)).toEqual([
    "Drain and restart hook: w1 — drained and restarted",
    "drain·재시작 훅: w1 — drain하고 재시작함",
  ]);
});

test("draining a node is called so in both languages, in the short label, too", () => {
  for (const t of [english, korean]) {
    expect(t("standing.rest.carry.will")).toContain("drain");
    expect(t("standing.rest.carry.did")).toContain("drain");
    expect(t("stepShort.rest")).toMatch(/drain/i);
  }
});

test("a worker that leaves is taken out; where all goes, nothing is said to be shut down", () => {
  const leaving = { w1: "delete", "w1-disk": "delete" } as const;
  expect(read("w1-seat", "delete", "done", leaving)).toEqual(["Node removal hook: w1 — node removed", "노드 제거 훅: w1 — 노드 제거됨"]);
  expect(read("w1-off", "delete", null, leaving)[0]).toBe("Orderly shut-down of w1 — goes with its machine");
  expect(read("w1-seat", "delete", "done", { ...leaving, cp0: "delete" })[0]).toBe("Node removal hook: w1 — gone with its cluster");
});

test("arrangements in one line say how many are done and which run; in a plan their number is all there is to say", () => {
  const line = (...status: readonly (RowStatus | null)[]) =>
    arrangementsWord(
      ["w1-off", "w1-token", "w1-seat"].map((name, i) => ({ ...rowOf(name, "create"), status: status[i] ?? null })),
      english,
    );
  expect(line("done", "running", "running")).toBe("1 of 3 · running: Join token, Removal hook");
  expect([line("done", "done", "done"), line("done", "skipped", "skipped"), line()]).toEqual(["3 of 3", "1 of 3", null]);
});

test("a resource of another program has no label but its name", () => {
  expect(stepLabel({ step: null, machine: null }, english)).toBeNull();
});

test("an add-on's step names the add-on, also where there is little space", () => {
  const row = { step: "addOn", machine: "cp0", addOn: "sample" } as const;
  expect([english, korean].map((t) => [stepLabel(row, t), shortStepLabel(row, t)])).toEqual([
    ["Add-on sample", "sample"],
    ["애드온 sample", "sample"],
  ]);
});

test("every other step keeps its change", () => {
  expect(read("w1-join", "create", "done")).toEqual(["Joining of w1 — create · done", "합류: w1 — 생성 · 완료"]);
});
