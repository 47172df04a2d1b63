/**
 * Who may do what: the one rule table. Services ask `can` for an object; the server asks `doorOf` for a path before
 * anything else runs, so that a page, API path or socket without a row here does not exist.
 */
import type { Actor, MemberRole } from "./tenant.ts";

/** `anyone`: also without signing in; `person`: whoever is signed in; `operator`: operators only. */
type Rule = "anyone" | "person" | "operator" | readonly MemberRole[];

const everyMember: readonly MemberRole[] = ["owner", "member", "viewer"];
const makers: readonly MemberRole[] = ["owner", "member"];

const rules = {
  "portal.enter": "anyone",
  "portal.read": "person",
  "preferences.set": "anyone",
  "image.read": "person",
  "setup.read": "operator",
  "invite.create": "operator",
  "people.read": "operator",
  "people.disable": "operator",
  "token.read": "person",
  "token.create": "person",
  "token.revoke": "person",
  "tenant.create": "operator",
  "tenant.read": everyMember,
  "cluster.read": everyMember,
  "cluster.create": makers,
  "cluster.edit": makers,
  "cluster.preview": makers,
  "cluster.discard": makers,
  // The kubeconfig is the cluster administrator's: reading it is more than looking.
  "cluster.kubeconfig": makers,
  "plan.read": everyMember,
  "plan.approve": makers,
  "operation.list": "person",
  "operation.read": everyMember,
  "operation.cancel": makers,
  "operation.resume": makers,
} as const satisfies Readonly<Record<string, Rule>>;

export type Verb = keyof typeof rules;
export const verbs = Object.keys(rules) as readonly Verb[];
export const isVerb = (text: string): text is Verb => Object.hasOwn(rules, text);

/** What a verb is about. Clusters, plans and operations are judged by the tenant that owns them. */
export type AccessObject = { readonly kind: "portal" } | { readonly kind: "tenant"; readonly tenantId: string };

export const thePortal: AccessObject = { kind: "portal" };
export const ofTenant = (tenantId: string): AccessObject => ({ kind: "tenant", tenantId });

/** Rules about tenants say no to the portal as an object, and the other way round: a mix-up is never a yes. */
export function can(actor: Actor | null, verb: Verb, object: AccessObject): boolean {
  const rule: Rule = rules[verb];
  if (typeof rule === "string") return object.kind === "portal" && allowsPortal(actor, rule);
  if (actor === null || object.kind !== "tenant") return false;
  if (actor.operator) return true;
  const role = Object.hasOwn(actor.memberships, object.tenantId) ? actor.memberships[object.tenantId] : undefined;
  return role !== undefined && rule.includes(role);
}

function allowsPortal(actor: Actor | null, rule: "anyone" | "person" | "operator"): boolean {
  switch (rule) {
    case "anyone":
      return true;
    case "person":
      return actor !== null;
    case "operator":
      return actor?.operator === true;
  }
}

/** Can be opened without signing in at all. */
export const isOpen = (verb: Verb): boolean => rules[verb] === "anyone";

/** A way in: `read` is the verb of GET, `write` that of every other method; null: no such method. */
export interface RouteRule {
  readonly path: string;
  readonly read: Verb | null;
  readonly write: Verb | null;
}

const routeRule = (path: string, read: Verb | null, write: Verb | null = null): RouteRule => ({ path, read, write });
const cluster = "/tenants/:tenant/clusters/:cluster";

/** Pages, by the pattern of their address. */
export const pageRules: readonly RouteRule[] = [
  routeRule("/", "portal.read"),
  routeRule("/sign-in", "portal.enter", "portal.enter"),
  routeRule("/sign-out", "portal.enter", "portal.enter"),
  routeRule("/join/:secret", "portal.enter", "portal.enter"),
  routeRule("/preferences", "portal.enter", "preferences.set"),
  routeRule("/people", "token.read", "token.create"),
  routeRule("/search", "portal.read"),
  routeRule("/images", "image.read"),
  routeRule("/setup", "setup.read"),
  routeRule("/operations", "operation.list"),
  routeRule("/operations/:id", "operation.read", "operation.cancel"),
  routeRule("/operations/:id/output", "operation.read"),
  routeRule("/tenants", "portal.read"),
  routeRule("/tenants/:tenant", "tenant.read"),
  routeRule("/tenants/:tenant/clusters/new", "cluster.create", "cluster.create"),
  routeRule(cluster, "cluster.read", "cluster.preview"),
  routeRule(`${cluster}/edit`, "cluster.edit", "cluster.edit"),
  routeRule(`${cluster}/destroy`, "cluster.preview", "cluster.preview"),
  routeRule(`${cluster}/plans/:number`, "plan.read", "plan.approve"),
  routeRule(`${cluster}/revisions/:number`, "cluster.read"),
  routeRule(`${cluster}/kubeconfig`, "cluster.kubeconfig"),
  routeRule(`${cluster}/receipt`, "cluster.read"),
  routeRule(`${cluster}/drift`, "cluster.read", "cluster.preview"),
];

export const socketRules: readonly RouteRule[] = [
  routeRule("/ws/operations/:id", "operation.read"),
  routeRule("/ws/changes", "operation.list"),
];

/** Matches one concrete path; parameters hold one segment each. Literal segments win over parameters. */
export function routeRuleOf(doors: readonly RouteRule[], pathname: string): RouteRule | null {
  const segments = pathname.split("/").filter((s) => s !== "");
  const matching = doors.filter((d) => matches(patternOf(d.path), segments));
  return matching.sort((a, b) => parameters(a.path) - parameters(b.path))[0] ?? null;
}

const patternOf = (path: string): readonly string[] => path.split("/").filter((s) => s !== "");
const parameters = (path: string): number => path.split(":").length;

const matches = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length && pattern.every((p, i) => p.startsWith(":") || p === segments[i]);
