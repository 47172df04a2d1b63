/** Every page in every state worth looking at: a name for its picture, its address, and the scenario it needs. */
import type { Scenario } from "./fixture.ts";

export interface PageAddress {
  readonly name: string;
  readonly path: string;
  readonly scenario: Scenario;
  readonly status: number;
}

const page = (name: string, path: string, scenario: Scenario = "usual", status = 200): PageAddress => ({ name, path, scenario, status });
const harbour = "/tenants/harbour";

export const pageAddresses: readonly PageAddress[] = [
  page("sign-in", "/sign-in", "signed-out"),
  page("join", "/join/fixture", "signed-out"),
  page("join-operator", "/join/operator", "signed-out"),
  page("join-over", "/join/over", "signed-out"),
  page("dashboard", "/"),
  page("dashboard-empty", "/", "empty"),
  page("dashboard-setting-up", "/", "setting-up"),
  page("dashboard-viewer", "/", "viewer"),
  page("broken", "/", "broken", 500),
  page("tenant", harbour),
  page("create", `${harbour}/clusters/new`),
  page("create-setting-up", `${harbour}/clusters/new`, "setting-up"),
  page("cluster-ready", `${harbour}/clusters/demo`),
  page("cluster-degraded", `${harbour}/clusters/lab-2`),
  page("cluster-provisioning", `${harbour}/clusters/rising`),
  page("cluster-draft", `${harbour}/clusters/next`),
  page("cluster-gone", `${harbour}/clusters/old`),
  page("edit", `${harbour}/clusters/demo/edit`),
  page("destroy", `${harbour}/clusters/demo/destroy`),
  page("receipt", `${harbour}/clusters/old/receipt`),
  page("revision", `${harbour}/clusters/demo/revisions/2`),
  page("plan-executed", `${harbour}/clusters/demo/plans/1`),
  page("plan-scale", `${harbour}/clusters/demo/plans/2`),
  page("plan-first", `${harbour}/clusters/next/plans/3`),
  page("plan-refused", `${harbour}/clusters/next/plans/4`),
  page("plan-stale", `${harbour}/clusters/demo/plans/5`),
  page("plan-destroy", `${harbour}/clusters/demo/plans/6`),
  page("plan-replace", `${harbour}/clusters/demo/plans/7`),
  page("plan-nothing", `${harbour}/clusters/demo/plans/8`),
  page("operations", "/operations"),
  page("operations-empty", "/operations?before=op-destroy"),
  page("operation-running", "/operations/op-running"),
  page("operation-queued", "/operations/op-queued"),
  page("operation-failed", "/operations/op-failed"),
  page("operation-interrupted", "/operations/op-interrupted"),
  page("operation-cancelled", "/operations/op-cancelled"),
  page("operation-preview", "/operations/op-preview"),
  page("operation-done", "/operations/op-done"),
  page("operation-destroy", "/operations/op-destroy"),
  page("images", "/images"),
  page("images-empty", "/images", "setting-up"),
  page("setup", "/setup"),
  page("setup-under-way", "/setup", "setting-up"),
  page("people", "/people"),
  page("tokens-viewer", "/people", "viewer"),
  page("preferences", "/preferences"),
  page("missing", "/nowhere", "usual", 404),
  page("foreign", `${harbour}/clusters/not-mine`, "usual", 404),
];
