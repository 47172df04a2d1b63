import { expect, test } from "vitest";
import type { RowStatus } from "#app/domain/operation/progress.ts";
import type { Change } from "#app/domain/plan/plan.ts";
import { en } from "#app/messages/en.ts";
import { createTranslations } from "#app/messages/i18n.ts";
import { ko } from "#app/messages/ko.ts";
import { changesOf, stepLabel, stepWord } from "./step-label.ts";

const english = createTranslations("en", en).t;
const korean = createTranslations("ko", ko).t;

/** A row as it is read, label and word; `beside`: the rows that stand with it. */
function read(name: string, change: Change, status: RowStatus | null, beside: Readonly<Record<string, Change>> = {}): readonly string[] {
  const changes = changesOf([{ name, change }, ...Object.entries(beside).map(([n, c]) => ({ name: n, change: c }))]);
  return [english, korean].map((t) => `${stepLabel(name, t)} — ${stepWord({ name, change, status }, changes, t)}`);
}

test("what is only arranged says so, in the plan, on the way and afterwards", () => {
  expect(read("demo-cp0-off", "create", null)).toEqual(["Orderly shut-down of demo-cp0 — arrange for later", "정상 종료: demo-cp0 — 나중을 위해 마련"]);
  expect(read("demo-w1-seat", "create", "running")).toEqual(["Taking demo-w1 out of the cluster — arrange for later · running", "클러스터에서 빼기: demo-w1 — 나중을 위해 마련 · 실행 중"]);
  expect(read("demo-w1-rest", "create", "done")).toEqual(["Pause and come-back of demo-w1 — arranged for later", "쉬었다 돌아오기: demo-w1 — 나중을 위해 마련됨"]);
  expect(read("demo-w1-token", "create", "done")).toEqual(["Permit for demo-w1 to join — issued", "합류 허가: demo-w1 — 발급됨"]);
});

test("a new size is told by what is really done", () => {
  const kept = { "demo-w1": "replace", "demo-w1-disk": "same" } as const;
  expect(read("demo-w1-off", "replace", "done", kept)[0]).toBe("Orderly shut-down of demo-w1 — shut down, then arranged again");
  expect(read("demo-w1-rest", "replace", null, kept)[0]).toBe("Pause and come-back of demo-w1 — pause, then come back");
});

test("a worker that leaves is taken out; where all goes, nothing is said to be shut down", () => {
  const leaving = { "demo-w1": "delete", "demo-w1-disk": "delete" } as const;
  expect(read("demo-w1-seat", "delete", "done", leaving)).toEqual(["Taking demo-w1 out of the cluster — taken out", "클러스터에서 빼기: demo-w1 — 클러스터에서 뺐음"]);
  expect(read("demo-w1-off", "delete", null, leaving)[0]).toBe("Orderly shut-down of demo-w1 — goes with its machine");
  expect(read("demo-w1-seat", "delete", "done", { ...leaving, "demo-cp0": "delete" })[0]).toBe("Taking demo-w1 out of the cluster — gone with its cluster");
});

test("every other step keeps its change", () => {
  expect(read("demo-w1-join", "create", "done")).toEqual(["Joining of demo-w1 — create · done", "합류: demo-w1 — 생성 · 완료"]);
});
