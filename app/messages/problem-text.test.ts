import { describe, expect, test } from "vitest";
import { clusterStates } from "#app/domain/cluster/cluster.ts";
import { placementReasons } from "#app/domain/host/placement.ts";
import { operationStates } from "#app/domain/operation/operation.ts";
import { blockers, type ProblemCode, type ProblemDetail } from "#app/domain/problem.ts";
import { problemJson } from "#app/server/api/problem-json.ts";
import { en } from "./en.ts";
import { createTranslations } from "./i18n.ts";
import { ko } from "./ko.ts";
import { problemText } from "./problem-text.ts";

const english = createTranslations("en", en).t;
const korean = createTranslations("ko", ko).t;

describe("what is not possible in a state names the state as pages do", () => {
  const stopped = (state: Extract<ProblemDetail, { code: "wrong-state" }>["state"]) =>
    ({ code: "wrong-state", verb: "cluster.edit", state }) as const;

  test.each([...clusterStates, ...operationStates])("%s", (state) => {
    const words = (catalogue: typeof en | typeof ko): string => ({ ...catalogue.clusterState, ...catalogue.operationState })[state].word;
    expect(problemText(stopped(state), english)).toBe(`Not possible in the current state: ${words(en)}.`);
    expect(problemText(stopped(state), korean)).toBe(`현재 상태에서는 할 수 없습니다: ${words(ko)}.`);
    expect(problemText(stopped(state), korean)).not.toMatch(/[a-z]/);
  });

  test.each(blockers)("%s has a sentence of its own", (state) => {
    const [said, translated] = [problemText(stopped(state), english), problemText(stopped(state), korean)];
    expect(said).not.toContain(state);
    expect(said).not.toContain("current state");
    expect(translated).toMatch(/[가-힣]/);
    expect(translated).not.toContain(state);
  });

  test("programs get the same sentence, and the state's name beside it", () => {
    expect(problemJson(stopped("succeeded"), "en")).toMatchObject({
      detail: "Not possible in the current state: Succeeded.",
      state: "succeeded",
    });
    expect(problemJson(stopped("oneself"), "en").detail).toBe("This is not possible for your own account.");
  });
});

/** One of each code. */
const samples: {
  readonly [Code in ProblemCode]:
    | Extract<ProblemDetail, { code: Code }>
    | (Code extends `storage-${string}` ? { code: Code; retryAfterSeconds: number } : never);
} = {
  "not-found": { code: "not-found" },
  "sign-in-needed": { code: "sign-in-needed" },
  "not-allowed": { code: "not-allowed", verb: "cluster.edit" },
  invalid: { code: "invalid", issues: [{ field: "name", code: "name.required", params: {} }] },
  "wrong-credentials": { code: "wrong-credentials" },
  "too-many-attempts": { code: "too-many-attempts", retryAfterSeconds: 3 },
  "too-many-requests": { code: "too-many-requests", retryAfterSeconds: 3 },
  "too-large": { code: "too-large", kilobytes: 64 },
  "wrong-type": { code: "wrong-type" },
  unreadable: { code: "unreadable" },
  "link-over": { code: "link-over" },
  "name-taken": { code: "name-taken", name: "demo" },
  "range-exhausted": { code: "range-exhausted" },
  "no-host": { code: "no-host", hosts: [{ hostId: "local", host: "kvm-1", reason: "memory" }] },
  "too-many-drafts": { code: "too-many-drafts", limit: 20, days: 0 },
  "too-many-previews": { code: "too-many-previews", limit: 20 },
  "too-many-tokens": { code: "too-many-tokens", limit: 20 },
  "cluster-busy": { code: "cluster-busy", operationId: "op-1" },
  "plan-stale": { code: "plan-stale", moved: ["state"] },
  "plan-refused": { code: "plan-refused", refusals: [{ code: "memory", needed: 2, available: 1, unit: "MiB" }] },
  "name-mismatch": { code: "name-mismatch", expected: "demo" },
  "not-ready": { code: "not-ready", waitingFor: ["engine"] },
  "wrong-state": { code: "wrong-state", verb: "cluster.edit", state: "gone" },
  "no-kubeconfig": { code: "no-kubeconfig" },
  "port-not-published": { code: "port-not-published", port: 6443, holder: null },
  "key-reused": { code: "key-reused" },
  "request-running": { code: "request-running", retryAfterSeconds: 3 },
  "secret-expired": { code: "secret-expired" },
  "nothing-changed": { code: "nothing-changed" },
  "drift-stale": { code: "drift-stale" },
  "revision-conflict": { code: "revision-conflict", basedOn: 1, revision: 2, changes: [] },
  "storage-full": { code: "storage-full", retryAfterSeconds: 3 },
  "storage-locked": { code: "storage-locked", retryAfterSeconds: 3 },
  "storage-unreachable": { code: "storage-unreachable", retryAfterSeconds: 3 },
  "storage-corrupt": { code: "storage-corrupt", retryAfterSeconds: 3 },
  "storage-newer": { code: "storage-newer", retryAfterSeconds: 3 },
};

test.each(placementReasons)("a host that does not take a cluster because of %s is named with the reason", (reason) => {
  const problem = { code: "no-host", hosts: [{ hostId: "a", host: "kvm-1", reason }] } as const;
  expect(problemText(problem, english)).toContain(en.placement[reason].replace("{{host}}", "kvm-1"));
  expect(problemText(problem, korean)).toContain(ko.placement[reason].replace("{{host}}", "kvm-1"));
});

test.each(Object.values(samples))("$code is a Korean sentence for programs that ask for Korean", (problem) => {
  const { detail } = problemJson(problem, "ko");
  expect(detail).toMatch(/[가-힣].*\.$|[가-힣]$/);
  expect(detail).not.toMatch(/\{\{|problem\.|undefined/);
});
