/** `berth cluster drift`: what differs from the live spec, and the plan that repairs it. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import type { DriftAnswer, OperationAnswer } from "#app/cli/answers.ts";
import { carryOut, clusterPath } from "./approve.ts";
import type { Client } from "#app/cli/client.ts";
import { Ending, exitCodes } from "#app/cli/exit-codes.ts";
import { type Column, type Format, moment, printJson, printRows, say } from "#app/cli/output.ts";
import { placeOf } from "#app/cli/place.ts";
import { formatOption, type Open, tenantOption, wholeNumber } from "./shared.ts";

interface Options {
  readonly tenant?: string;
  readonly output: Format;
  readonly look?: boolean;
  readonly repair?: boolean;
  readonly adopt?: string;
  readonly ignore?: string;
  readonly days: number;
  readonly yes?: boolean;
}

const help = `
-o json prints the rows with the check that found them: at, trouble (why the newest check could not be completed), stale, sources, rows.
When a check that was asked for, or that follows a repair, cannot be completed, the exit code is 1.`;

export function addDriftCommand(cluster: Command, open: Open): void {
  cluster
    .command("drift <name>")
    .description("what differs from the live specification, by the last check")
    .option("--look", "check now, and wait for it")
    .addOption(
      new Option("--repair", "plan the repair of everything that is open, approve the plan, and wait for its end").conflicts([
        "adopt",
        "ignore",
      ]),
    )
    .addOption(new Option("--adopt <id>", "write a revision with what this row found, and continue as with --repair").conflicts("ignore"))
    .option("--ignore <id>", "take this row off the open ones until it changes or --days are over")
    .option("--days <count>", "days to ignore it; 0 shows it again", wholeNumber, 7)
    .option("-y, --yes", "approve the plan without a question")
    .addOption(tenantOption())
    .addOption(formatOption())
    .addHelpText("after", help)
    .action((name: string, o: Options) => drift(open(), name, o));
}

async function drift(client: Client, name: string, o: Options): Promise<void> {
  const place = await placeOf(client, name, o.tenant);
  const path = `${clusterPath(place)}/drift`;
  if (o.ignore !== undefined) await client.post(`${path}/ignore`, { id: o.ignore, days: o.days });
  let checked = o.look ? await checkNow(client, path) : null;
  // What an old check found is not what somebody who asked for a new one wants to repair.
  if (!checked?.trouble && (o.repair || o.adopt !== undefined)) {
    await carryOut(client, place, await requestRepair(client, path, o.adopt), o.yes ?? false);
    checked = await checkNow(client, path);
  }
  printDrift(o.output, checked ?? (await client.get<DriftAnswer>(path)));
  if (checked?.trouble) throw new Ending(exitCodes.failed, `the check could not be completed: ${checked.trouble.message}`);
}

/** Queues the preview; without a row, of the repair of everything that is open. */
const requestRepair = (client: Client, path: string, adopt: string | undefined): Promise<OperationAnswer> =>
  adopt === undefined ? client.post(`${path}/repair`) : client.post(`${path}/adopt`, { id: adopt });

/** Rows alone would not say of when they are: JSON is the whole answer. */
function printDrift(format: Format, seen: DriftAnswer): void {
  printDriftState(seen);
  if (format === "json") printJson(seen);
  else printRows(format, seen.rows, columns, (row) => row.id);
}

/** A check that nobody takes up, because no worker runs or an operation holds the cluster, ends the wait. */
const patienceMs = 300_000;

async function checkNow(client: Client, path: string): Promise<DriftAnswer> {
  await client.post(`${path}/look`);
  const end = Date.now() + patienceMs;
  for (;;) {
    const seen = await client.get<DriftAnswer>(path);
    if (!seen.looking) return seen;
    if (Date.now() > end)
      throw new Ending(exitCodes.failed, "no check was made within five minutes: is an operation of the cluster running?");
    await sleep(1_000);
  }
}

function printDriftState({ at, trouble, stale, sources, rows }: DriftAnswer): void {
  if (trouble) say(`The last check could not be completed: ${trouble.message}`);
  if (at === null) return say("Not checked yet; check now with --look.");
  say(`Checked at ${moment(at)} UTC: ${rows.filter((r) => r.open).length} open`);
  if (stale) say("The cluster was changed since.");
  for (const [source, word] of Object.entries(sources)) if (word === "silent") say(`No answer from: ${source}`);
}

const columns: readonly Column<DriftAnswer["rows"][number]>[] = [
  { title: "ID", value: (r) => r.id },
  { title: "EXPECTED", value: (r) => r.expected || "-" },
  { title: "FOUND", value: (r) => r.found || "-" },
  { title: "SINCE (UTC)", value: (r) => moment(r.since) },
  { title: "REPAIR", value: (r) => (r.repair === "none" ? "by hand" : r.impact === "none" ? "plan" : `plan, node: ${r.impact}`) },
  { title: "ADOPT", value: (r) => (r.adopt ? "yes" : "-") },
  { title: "IGNORED UNTIL (UTC)", value: (r) => (r.open || !r.ignored ? "-" : moment(r.ignored.until)) },
];
