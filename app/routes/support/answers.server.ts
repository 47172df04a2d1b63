/** What every loader and action does around its one service call: who asks, and how a refusal is answered. */
import { data, redirect, type AppLoadContext } from "@remix-run/node";
import type { ZodType } from "zod";
import { Problem, problemOf, statusOf, type ProblemDetail } from "#app/domain/problem.ts";
import { issuesOf } from "#app/forms/rules.ts";
import type { ClusterRef } from "#app/services/portal.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";
import type { Actor } from "#app/domain/tenant.ts";

/** The signed-in person, or a way to the sign-in page that leads back here. */
export function actorOf(context: AppLoadContext, request: Request): Actor {
  if (context.actor !== null) return context.actor;
  const { pathname, search } = new URL(request.url);
  // Of a form that was sent, too: it stands at the address it is sent to, and the browser has kept what was typed.
  throw redirect(signInPath(pathname, search));
}

/** Remix marks requests to an index route with a parameter of its own. */
function signInPath(pathname: string, search: string): string {
  const params = new URLSearchParams(search);
  params.delete("index");
  const query = params.size === 0 ? "" : `?${params}`;
  return pathname === "/" && query === "" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(pathname + query)}`;
}

/** Runs a loader's service call; a refusal becomes the page that shows it. */
export async function unwrap<Value>(call: Promise<Value>): Promise<Value> {
  try {
    return await call;
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null) throw error;
    throw refusal(problem);
  }
}

function refusal(problem: ProblemDetail) {
  if (problem.code === "sign-in-needed") return redirect("/sign-in");
  if (problem.code === "not-found") return data(null, { status: 404 });
  return refused(problem);
}

/** Runs an action's service call; a refusal comes back to the same page as `problem`. */
export async function tryAction<Value>(call: Promise<Value>): Promise<{ readonly value: Value } | { readonly problem: ProblemDetail }> {
  try {
    return { value: await call };
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null) throw error;
    if (problem.code === "not-found" || problem.code === "sign-in-needed") throw refusal(problem);
    return { problem };
  }
}

/** Reads form values by a schema; broken rules become the problem `invalid`. */
export function checked<Value>(schema: ZodType<Value>, values: Readonly<Record<string, unknown>>): Value {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  throw new Problem({ code: "invalid", issues: issuesOf(result.error) });
}

/** The answer of an action that was refused. */
export const refused = (problem: ProblemDetail) => data({ problem }, { status: statusOf(problem), headers: retryOf(problem) });

const retryOf = (problem: ProblemDetail): HeadersInit =>
  "retryAfterSeconds" in problem ? { "Retry-After": String(problem.retryAfterSeconds) } : {};

export const absent = () => data(null, { status: 404 });

export type Params = Readonly<Record<string, string | undefined>>;

export const clusterOf = (params: Params): ClusterRef => ({ tenant: params["tenant"] ?? "", cluster: params["cluster"] ?? "" });

/** A whole number from 1 in an address; anything else is a page that does not exist. */
export function numberOf(text: string | undefined): number {
  if (text === undefined || !/^[1-9]\d{0,8}$/.test(text)) throw absent();
  return Number(text);
}

/** Text of a form field; files and absent fields are empty. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

/** The revision from which a form was filled; null when it does not say. */
export const revisionOf = (form: FormData): number | null =>
  /^[1-9]\d{0,8}$/.test(textOf(form, "basedOn")) ? Number(textOf(form, "basedOn")) : null;

/** Carries out what a form asks for. A form that is sent twice carries its key twice, and gets the first answer again. */
export function once<T>(
  context: AppLoadContext,
  request: Request,
  form: FormData,
  work: (keyed: KeyedRequest | null) => Promise<T>,
): Promise<T> {
  const fields = [...form].filter(([name]) => name !== "key").map(([name, value]) => [name, typeof value === "string" ? value : ""]);
  return context.services.once(
    actorOf(context, request),
    { key: textOf(form, "key") || null, scope: `page ${new URL(request.url).pathname}`, body: fields },
    work,
  );
}
