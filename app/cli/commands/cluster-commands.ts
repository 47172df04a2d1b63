/** `berth cluster …` */
import { type OperationKind, type PlanKind, planKinds } from "#app/domain/operation/kinds.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import type { Power } from "#app/domain/cluster/spec.ts";
import type { ClusterAnswer, ClusterViewAnswer, CreatedAnswer, OperationAnswer, ReadinessAnswer, ReceiptAnswer } from "#app/cli/answers.ts";
import { carryOut, clusterPath, type ClusterPlace, demandFit, planOf, printPlan } from "./approve.ts";
import type { Client } from "#app/cli/client.ts";
import { clusterColumns } from "#app/cli/cluster-columns.ts";
import { addDriftCommand } from "./drift-commands.ts";
import { Ending, exitCodes } from "#app/cli/exit-codes.ts";
import { addRemoveAddOnOption, changedAddOns } from "./add-on-options.ts";
import { addRemovePoolOption, changedPools } from "./pool-options.ts";
import { addRemoveServiceOption, changedServices } from "./service-options.ts";
import { addChangeOptions, addCreateOptions, bodyOf, type ClusterOptions } from "./cluster-fields.ts";
import { addKubeconfigCommand } from "./kubeconfig-command.ts";
import { type Column, type Format, moment, printOne, printRows, say } from "#app/cli/output.ts";
import { listedFor } from "#app/cli/pages.ts";
import { poolLines } from "#app/cli/pool-columns.ts";
import { ensureTenant, placeOf, tenantOf } from "#app/cli/place.ts";
import { formatOption, limitOption, type Open, tenantOption } from "./shared.ts";

interface Options {
  readonly tenant?: string;
  readonly output: Format;
  readonly limit?: number;
  readonly wait?: boolean;
  readonly yes?: boolean;
}

/** The command that asks for each kind of operation. A preview is asked for by the commands of what it plans as well. */
const operationCommands: Readonly<Record<OperationKind, (cluster: Command, open: Open) => void>> = {
  update: addUpdate,
  preview: addPreview,
  destroy: addDestroy,
};

export function addClusterCommands(program: Command, open: Open): void {
  const cluster = program.command("cluster").description("clusters");
  addReading(cluster, open);
  addKubeconfigCommand(cluster, open);
  addCreate(cluster, open);
  for (const add of Object.values(operationCommands)) add(cluster, open);
  addRenewal(cluster, open);
  addPower(cluster, open);
  addHours(cluster, open);
  addDriftCommand(cluster, open);
}

const waitOption = () => new Option("-w, --wait", "wait for the end; the exit code says how it ended");
const yesOption = () => new Option("-y, --yes", "approve the plan without a question");

function addReading(cluster: Command, open: Open): void {
  cluster
    .command("list")
    .description("living clusters of all your tenants, or of one, by name")
    .addOption(tenantOption())
    .addOption(limitOption())
    .addOption(formatOption())
    .action(async (o: Options) => {
      const path = o.tenant === undefined ? "/clusters" : `/tenants/${encodeURIComponent(o.tenant)}/clusters`;
      const clusters = await listedFor<ClusterAnswer>(open(), { path, field: "clusters" }, o.output, o.limit);
      printRows(o.output, clusters, clusterColumns, (c) => `${c.tenant}/${c.name}`);
    });
  cluster
    .command("get <name>")
    .description("one cluster with its nodes, its node pools and how to reach it")
    .addOption(tenantOption())
    .addOption(formatOption())
    .action(async (name: string, o: Options) => {
      const client = open();
      printView(o.output, await client.get<ClusterViewAnswer>(clusterPath(await placeOf(client, name, o.tenant))));
    });
}

function addCreate(cluster: Command, open: Open): void {
  addCreateOptions(
    cluster.command("create <name>").description("write a new cluster and preview it; with --wait continue until it is ready"),
  )
    .addOption(tenantOption())
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(formatOption())
    .action((name: string, o: Options & ClusterOptions) => create(open(), name, o));
}

async function create(client: Client, name: string, o: Options & ClusterOptions): Promise<void> {
  const tenant = await tenantOf(client, o.tenant);
  await ensureTenant(client, tenant);
  if (o.wait) await waitForSetup(client);
  const made = await client.post<CreatedAnswer>(`/tenants/${encodeURIComponent(tenant)}/clusters`, {
    name,
    ...bodyOf(o),
  });
  const { generatedKey } = made;
  if (generatedKey && o.output !== "json") say(`The private SSH key, shown once:\n${generatedKey.privateKey}`);
  const place = { tenant: made.cluster.tenant, cluster: made.cluster.name };
  if (!o.wait) return printQueued(o.output, place, { ...made.operation, generatedKey });
  const finished = carryOut(client, place, made.operation, o.yes ?? false).then(() => client.get<ClusterViewAnswer>(clusterPath(place)));
  const view = await finished.catch((error: unknown) => {
    // A script would lose the only copy of the key.
    if (generatedKey && o.output === "json") printQueued(o.output, place, { ...made.operation, generatedKey });
    throw error;
  });
  printView(o.output, { ...view, generatedKey });
}

async function waitForSetup(client: Client): Promise<void> {
  let said = "";
  for (;;) {
    const { create: ready, waitingFor, failed } = await client.get<ReadinessAnswer>("/readiness");
    if (ready) return;
    if (failed.length > 0) throw new Ending(exitCodes.failed, `set-up failed at ${failed.join(", ")}: an operator has to fix it`);
    const sentence = `Waiting for set-up: ${waitingFor.join(", ")}`;
    if (sentence !== said) say(sentence);
    said = sentence;
    await sleep(3_000);
  }
}

function addUpdate(cluster: Command, open: Open): void {
  addRemoveAddOnOption(
    addRemoveServiceOption(
      addRemovePoolOption(
        addChangeOptions(
          cluster.command("update <name>").alias("edit").description("change a cluster: write a revision, preview it, approve it"),
        ),
      ),
    ),
  )
    .option("--name <name>", "rename the cluster; no machine is touched")
    .addOption(tenantOption())
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(formatOption())
    .action((name: string, o: Options & ClusterOptions) => update(open(), name, o));
}

async function update(client: Client, name: string, o: Options & ClusterOptions): Promise<void> {
  const place = await placeOf(client, name, o.tenant);
  const { path, body } = await changeFor(client, place, o);
  if (Object.keys(body).length === 0) return previewed(client, place, o, await previewOf(client, place, "update"));
  const { cluster, operation } = await client.put<CreatedAnswer>(path, body);
  await previewed(client, { tenant: cluster.tenant, cluster: cluster.name }, o, operation);
}

/**
 * Pools, services and add-ons are sent as the whole list that there is to be, so the answer is refused when somebody else has
 * written another.
 */
async function changeFor(
  client: Client,
  place: ClusterPlace,
  o: ClusterOptions,
): Promise<{ readonly path: string; readonly body: Readonly<Record<string, unknown>> }> {
  const body = { ...bodyOf(o), ...(o.name === undefined ? {} : { name: o.name }) };
  const lists = [o.pool, o.removePool, o.service, o.removeService, o.addOn, o.removeAddOn];
  if (lists.every((list) => list === undefined)) return { path: clusterPath(place), body };
  const { summary, spec } = await client.get<ClusterViewAnswer>(clusterPath(place));
  const pools = changedPools(
    spec.kubernetes.flatMap((k) => k.pools.map((pool) => pool.name)),
    o,
  );
  const addOns = changedAddOns(
    (spec.addOns ?? []).map(({ id }) => id),
    o,
  );
  const services = changedServices(
    (spec.services ?? []).map(({ kind }) => kind),
    o,
  );
  return {
    path: `${clusterPath(place)}?basedOn=${summary.revision}`,
    body: {
      ...body,
      ...(pools === null ? {} : { pools }),
      ...(services === null ? {} : { services }),
      ...(addOns === null ? {} : { addOns }),
    },
  };
}

async function previewed(client: Client, place: ClusterPlace, o: Options, preview: OperationAnswer): Promise<void> {
  if (!o.wait) return printQueued(o.output, place, preview);
  await carryOut(client, place, preview, o.yes ?? false);
  printView(o.output, await client.get<ClusterViewAnswer>(clusterPath(place)));
}

const previewOf = (client: Client, place: ClusterPlace, kind: PlanKind): Promise<OperationAnswer> =>
  client.post<OperationAnswer>(`${clusterPath(place)}/preview`, { kind });

function addRenewal(cluster: Command, open: Open): void {
  cluster
    .command("renew-certificates <name>")
    .description("give the control plane new certificates: write a revision, preview it, approve it")
    .addOption(tenantOption())
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(formatOption())
    .action(async (name: string, o: Options) => {
      const client = open();
      const place = await placeOf(client, name, o.tenant);
      await previewed(client, place, o, await client.post<OperationAnswer>(`${clusterPath(place)}/certificates/renew`));
    });
}

/** How `preview` is asked for the plan of each kind; null: without an option. */
const previewOptions: Readonly<Record<PlanKind, Option | null>> = {
  update: null,
  destroy: new Option("--destroy", "preview the teardown"),
};

const asked = (o: Readonly<Record<string, unknown>>, option: Option | null): boolean =>
  option !== null && o[option.attributeName()] === true;

const powerCommands = [
  { verb: "save", power: "saved", line: "save the machines to the disk: their memory is returned to the host until the cluster is woken" },
  { verb: "wake", power: "on", line: "wake a saved cluster: its machines run on where they were" },
] as const satisfies readonly { readonly verb: string; readonly power: Power; readonly line: string }[];

function addPower(cluster: Command, open: Open): void {
  for (const { verb, power, line } of powerCommands)
    cluster
      .command(`${verb} <name>`)
      .description(line)
      .addOption(tenantOption())
      .addOption(waitOption())
      .addOption(yesOption())
      .addOption(formatOption())
      .action(async (name: string, o: Options) => {
        const client = open();
        const place = await placeOf(client, name, o.tenant);
        await previewed(client, place, o, await client.post<OperationAnswer>(`${clusterPath(place)}/power`, { power }));
      });
}

function addHours(cluster: Command, open: Open): void {
  cluster
    .command("hours <name> <hours>")
    .description('hours of the week in which the cluster is on, e.g. "mon-fri 08:00-19:00 Europe/Berlin"; "none" takes them away')
    .addOption(tenantOption())
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(formatOption())
    .action(async (name: string, hours: string, o: Options) => {
      const client = open();
      const place = await placeOf(client, name, o.tenant);
      const body = { hours: hours === "none" ? null : hours };
      await previewed(client, place, o, await client.post<OperationAnswer>(`${clusterPath(place)}/power-hours`, body));
    });
}

function addPreview(cluster: Command, open: Open): void {
  const command = cluster.command("preview <name>").description("what an update of the newest revision, or a teardown, would do");
  for (const option of Object.values(previewOptions)) if (option !== null) command.addOption(option);
  command
    .addOption(tenantOption())
    .addOption(waitOption())
    .addOption(formatOption())
    .action((name: string, o: Options & Readonly<Record<string, unknown>>) => preview(open(), name, o));
}

async function preview(client: Client, name: string, o: Options & Readonly<Record<string, unknown>>): Promise<void> {
  const place = await placeOf(client, name, o.tenant);
  const kind = planKinds.find((one) => asked(o, previewOptions[one])) ?? "update";
  const queued = await previewOf(client, place, kind);
  if (!o.wait) return printQueued(o.output, place, queued);
  const plan = await planOf(client, place, queued);
  if (o.output === "table") printPlan(plan);
  else
    printOne(
      o.output,
      plan,
      () => [],
      (p) => `${place.tenant}/${place.cluster} plan ${p.plan.number}`,
    );
  demandFit(plan);
}

function addDestroy(cluster: Command, open: Open): void {
  cluster
    .command("destroy <name>")
    .description("tear a cluster down: preview, approve, and with --wait print the receipt")
    .addOption(tenantOption())
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(formatOption())
    .action((name: string, o: Options) => destroy(open(), name, o));
}

async function destroy(client: Client, name: string, o: Options): Promise<void> {
  const place = await placeOf(client, name, o.tenant);
  const { summary } = await client.get<ClusterViewAnswer>(clusterPath(place));
  if (summary.state === "draft") {
    const discarded = await client.post<ClusterAnswer>(`${clusterPath(place)}/discard`);
    return printOne(
      o.output,
      discarded,
      (c) => [`${c.tenant}/${c.name} was a draft without machines and is discarded`],
      (c) => `${c.tenant}/${c.name}`,
    );
  }
  const preview = await previewOf(client, place, "destroy");
  if (!o.wait) return printQueued(o.output, place, preview);
  await carryOut(client, place, preview, o.yes ?? false);
  const { receipt } = await client.get<ReceiptAnswer>(`${clusterPath(place)}/receipt`);
  printRows(o.output, receipt.rows, receiptColumns, (r) => r.name);
}

/** What a script gets beside the answer itself when a cluster is created. */
type WithKey<T> = T & { readonly generatedKey?: CreatedAnswer["generatedKey"] };

function printQueued(format: Format, { tenant, cluster }: ClusterPlace, preview: WithKey<OperationAnswer>): void {
  printOne(
    format,
    preview,
    (p) => [`Preview of ${tenant}/${cluster} queued: operation ${p.id}`, `Watch it with: berth operation watch ${p.id}`],
    (p) => p.id,
  );
}

function printView(format: Format, view: WithKey<ClusterViewAnswer>): void {
  printOne(format, view, viewLines, (v) => `${v.summary.tenant}/${v.summary.name}`);
}

const viewLines = ({
  summary,
  nodes,
  serviceMachines = [],
  access,
  certificates,
  nextPower,
  spec,
  liveSpec,
}: ClusterViewAnswer): readonly string[] => [
  `${summary.tenant}/${summary.name}  ${summary.state}  Kubernetes ${summary.kubernetesVersion}  revision ${summary.revision} (live ${summary.liveRevision})`,
  ...nodes.map((n) => machineLine(n, n.role)),
  ...serviceMachines.map((m) => machineLine(m, m.service)),
  ...poolLines({ spec, liveSpec }),
  ...(nextPower === null ? [] : [`${nextPower.power === "on" ? "Wakes" : "Is saved"} ${moment(nextPower.at)} (UTC) by its hours`]),
  ...(summary.power === "saved"
    ? [`Saved: none of its machines runs. Wake it with: berth cluster wake ${summary.tenant}/${summary.name}`]
    : []),
  access.kubeconfigReady
    ? `API server ${access.apiServer ?? "(not published: another program has its port, or nothing listens there)"}; kubeconfig: berth cluster kubeconfig ${summary.tenant}/${summary.name}`
    : "no kubeconfig yet",
  ...(spec.addOns === undefined ? [] : [`Add-ons: ${spec.addOns.map(({ id, version }) => `${id} ${version}`).join(", ")}`]),
  ...(certificates ? certificateLines(summary, certificates) : []),
];

const machineLine = (
  m: NonNullable<ClusterViewAnswer["serviceMachines"]>[number] | ClusterViewAnswer["nodes"][number],
  purpose: string,
): string =>
  `  ${m.name.padEnd(20)} ${purpose.padEnd(14)} ${m.address.padEnd(15)} ${m.vcpus} vCPU ${m.memoryMiB} MiB ${m.diskGiB} GiB  ${m.machine}${m.sshCommand === null ? "" : `  ${m.sshCommand}`}`;

function certificateLines(
  { tenant, name }: ClusterAnswer,
  { ends, due }: NonNullable<ClusterViewAnswer["certificates"]>,
): readonly string[] {
  const each = ends.map(({ kind, endsAt, source }) => `${kind} ${source === "estimated" ? "not before " : ""}${moment(endsAt)}`);
  return [
    `Certificates end (UTC): ${each.join(", ")}`,
    ...(due ? [`The control plane's certificates have to be renewed: berth cluster renew-certificates ${tenant}/${name}`] : []),
  ];
}

const receiptColumns: readonly Column<ReceiptAnswer["receipt"]["rows"][number]>[] = [
  { title: "WHAT", value: (r) => r.what },
  { title: "NAME", value: (r) => r.name },
  { title: "GONE", value: (r) => (r.gone ? "yes" : "NO") },
  { title: "PROOF", value: (r) => r.proof },
];
