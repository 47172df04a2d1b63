/** From a finished preview to an approved plan: print it, ask where something is lost, approve exactly what was printed. */
import { planKindOf } from "#app/domain/operation/kinds.ts";
import { createInterface } from "node:readline/promises";
import { plainLines } from "#app/domain/text/plain-lines.ts";
import type { OperationAnswer, PlanAnswer } from "#app/cli/answers.ts";
import type { Client } from "#app/cli/client.ts";
import { Ending, exitCodes } from "#app/cli/exit-codes.ts";
import { followToSuccess } from "#app/cli/follow.ts";
import { clock, say } from "#app/cli/output.ts";

export interface ClusterPlace {
  readonly tenant: string;
  readonly cluster: string;
}

export const clusterPath = ({ tenant, cluster }: ClusterPlace): string =>
  `/tenants/${encodeURIComponent(tenant)}/clusters/${encodeURIComponent(cluster)}`;

export async function planOf(client: Client, place: ClusterPlace, preview: OperationAnswer): Promise<PlanAnswer> {
  const done = await followToSuccess(client, preview.id);
  if (done.planNumber === null) throw new Ending(exitCodes.failed, `the preview of ${place.cluster} made no plan`);
  return client.get<PlanAnswer>(`${clusterPath(place)}/plans/${done.planNumber}`);
}

export function printPlan({ plan, losesData, estimateSeconds }: PlanAnswer): void {
  const count = (change: string) => plan.rows.filter((r) => r.change === change).length;
  say(
    `Plan ${plan.number}, revision ${plan.fromRevision} → ${plan.specRevision}: +${count("create")} ~${count("update")} ±${count("replace")} -${count("delete")}`,
  );
  const signs: Readonly<Record<string, string>> = { create: "+", update: "~", replace: "±", delete: "-" };
  for (const row of plan.rows.filter((r) => r.change !== "same")) say(`  ${signs[row.change] ?? " "} ${row.phase.padEnd(8)} ${row.name}`);
  for (const h of plan.headroom) say(`  ${h.what}: ${h.before} → ${h.after} of ${h.limit} ${h.unit}`);
  if (losesData.length > 0) say(`  Local data of these machines is lost: ${losesData.join(", ")}`);
  if (estimateSeconds !== null) say(`  About ${clock(estimateSeconds)}`);
}

/** Throws what is in the way when it does not fit. Apart from printing: a script must learn of it in every format. */
export function demandFit({ plan }: PlanAnswer): void {
  if (plan.refusals.length === 0) return;
  const reasons = plan.refusals.map((r) => r.message ?? r.code);
  throw new Ending(exitCodes.refused, `the plan does not fit: ${reasons.join(" ")}`);
}

/** A plan that only adds is approved by having been asked for; anything else needs `yes`, or the answer of a person. */
export async function confirm(place: ClusterPlace, { plan, nameNeeded }: PlanAnswer, yes: boolean): Promise<string | null> {
  const typedName = nameNeeded ? place.cluster : null;
  const onlyAdds = planKindOf(plan).makesRevisionLive && plan.rows.every((r) => r.change === "create" || r.change === "same");
  if (yes || (onlyAdds && !nameNeeded)) return typedName;
  if (!process.stdin.isTTY) throw new Ending(exitCodes.refused, "nothing was changed: say --yes to approve this plan without a question");
  const question = nameNeeded ? `Type ${place.cluster} to continue: ` : "Continue? Type yes: ";
  const answer = await ask(question);
  if (answer !== (nameNeeded ? place.cluster : "yes")) throw new Ending(exitCodes.refused, "nothing was changed");
  return typedName;
}

export async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(plainLines(question))).trim();
  } finally {
    lines.close();
  }
}

export const approve = (client: Client, place: ClusterPlace, { plan }: PlanAnswer, typedName: string | null): Promise<OperationAnswer> =>
  client.post<OperationAnswer>(`${clusterPath(place)}/plans/${plan.number}/approve`, { hash: plan.hash, typedName });

/** From the queued preview to the end of what it plans. `yes`: as in {@link confirm}. */
export async function carryOut(client: Client, place: ClusterPlace, preview: OperationAnswer, yes: boolean): Promise<void> {
  const plan = await planOf(client, place, preview);
  printPlan(plan);
  demandFit(plan);
  const operation = await approve(client, place, plan, await confirm(place, plan, yes));
  say(`Operation ${operation.id}`);
  await followToSuccess(client, operation.id);
}
