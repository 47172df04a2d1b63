/** `berth tenant|image|operation|setup|sign-in` */
import type { Command } from "commander";
import { type ImageAnswer, kindOf, type MeAnswer, type OperationAnswer, type SetupAnswer, type TenantAnswer } from "#app/cli/answers.ts";
import { ask } from "./approve.ts";
import { createClient } from "#app/cli/client.ts";
import { Ending, exitCodes } from "#app/cli/exit-codes.ts";
import { follow, followToSuccess } from "#app/cli/follow.ts";
import { readLogin, writeLogin } from "./login.ts";
import { clock, type Column, type Format, moment, printJson, printOne, printRows, say } from "#app/cli/output.ts";
import { listed, listedFor } from "#app/cli/pages.ts";
import { formatOption, limitOption, type Open, tenantOption, wholeNumberFrom } from "./shared.ts";

interface Options {
  readonly output: Format;
  readonly tenant?: string;
  readonly limit?: number;
  readonly wait?: boolean;
}

export function addPortalCommands(program: Command, open: Open): void {
  addTenant(program, open);
  addImage(program, open);
  addOperation(program, open);
  addSetup(program, open);
  addSignIn(program);
}

function addTenant(program: Command, open: Open): void {
  const tenant = program.command("tenant").description("tenants");
  tenant
    .command("list")
    .description("tenants that you belong to; an operator sees all")
    .addOption(limitOption())
    .addOption(formatOption())
    .action(async (o: Options) => {
      const tenants = await listedFor<TenantAnswer>(open(), { path: "/tenants", field: "tenants" }, o.output, o.limit);
      printRows(o.output, tenants, tenantColumns, (t) => t.slug);
    });
  tenant
    .command("create <slug>")
    .description("a further tenant (operators)")
    .addOption(formatOption())
    .action(async (slug: string, o: Options) => {
      printOne(
        o.output,
        await open().post<TenantAnswer>("/tenants", { slug }),
        (t) => [`Tenant ${t.slug} created`],
        (t) => t.slug,
      );
    });
}

const tenantColumns: readonly Column<TenantAnswer>[] = [
  { title: "TENANT", value: (t) => t.slug },
  { title: "ROLE", value: (t) => t.role ?? "operator" },
  { title: "CLUSTERS", value: (t) => String(t.clusters) },
  { title: "CREATED (UTC)", value: (t) => moment(t.createdAt) },
];

function addImage(program: Command, open: Open): void {
  const image = program.command("image").description("guest images");
  image
    .command("list")
    .description("images that are ready")
    .addOption(formatOption())
    .action(async (o: Options) => {
      const { images } = await open().get<{ images: readonly ImageAnswer[] }>("/images");
      printRows(o.output, images, imageColumns, (i) => i.name);
    });
}

const imageColumns: readonly Column<ImageAnswer>[] = [
  { title: "NAME", value: (i) => i.name },
  { title: "KIND", value: (i) => i.kind },
  { title: "KUBERNETES", value: (i) => i.kubernetesVersion ?? "-" },
  { title: "SIZE", value: (i) => `${Math.round(i.sizeBytes / 2 ** 20)} MiB` },
  { title: "BUILT", value: (i) => i.builtAt },
];

function addOperation(program: Command, open: Open): void {
  const operation = program.command("operation").description("operations");
  operation
    .command("list")
    .description("operations, newest first")
    .addOption(tenantOption())
    .option("-n, --limit <count>", `at most so many, from 1 to ${mostOperations}`, wholeNumberFrom(1, mostOperations), 20)
    .addOption(formatOption())
    .action(async (o: Options & { limit: number }) => {
      const { items } = await listed<OperationAnswer>(
        open(),
        { path: "/operations", field: "operations", cursor: "before", query: { tenant: o.tenant } },
        o.limit,
      );
      printRows(o.output, items, operationColumns, (x) => x.id);
    });
  operation
    .command("watch <id>")
    .description("show what happens until it is over; exit code 1 when it does not succeed")
    .addOption(formatOption())
    .action(async (id: string, o: Options) => {
      const done = await follow(open(), id, { output: true });
      printOne(
        o.output,
        done,
        (x) => [`${kindOf(x)} of ${x.tenant}/${x.cluster}: ${x.state}`],
        (x) => x.id,
      );
      if (done.state !== "succeeded") process.exitCode = exitCodes.failed;
    });
  for (const verb of ["cancel", "resume"] as const) {
    operation
      .command(`${verb} <id>`)
      .description(verb === "cancel" ? "ask it to stop" : "continue it after a failure, a cancel or an interruption")
      .option("-w, --wait", "wait for the end")
      .addOption(formatOption())
      .action(async (id: string, o: Options) => {
        const client = open();
        const asked = await client.post<OperationAnswer>(`/operations/${encodeURIComponent(id)}/${verb}`);
        const shown = !o.wait ? asked : verb === "resume" ? await followToSuccess(client, id) : await follow(client, id, { output: false });
        printOne(
          o.output,
          shown,
          (x) => [`${kindOf(x)} of ${x.tenant}/${x.cluster}: ${x.state}`],
          (x) => x.id,
        );
      });
  }
}

const mostOperations = 10_000;

const operationColumns: readonly Column<OperationAnswer>[] = [
  { title: "ID", value: (o) => o.id },
  { title: "CLUSTER", value: (o) => `${o.tenant}/${o.cluster}` },
  { title: "KIND", value: kindOf },
  { title: "STATE", value: (o) => o.state },
  { title: "BY", value: (o) => o.requestedBy },
  { title: "REQUESTED (UTC)", value: (o) => moment(o.requestedAt) },
  { title: "TOOK", value: (o) => (o.startedAt === null || o.endedAt === null ? "-" : clock((o.endedAt - o.startedAt) / 1000)) },
];

function addSetup(program: Command, open: Open): void {
  program
    .command("setup")
    .description("how far set-up is (operators)")
    .addOption(formatOption())
    .action(async (o: Options) => {
      const setup = await open().get<SetupAnswer>("/setup");
      if (o.output === "json") return printJson(setup);
      printRows(o.output, setup.state.steps, setupColumns, (s) => s.id);
    });
}

const setupColumns: readonly Column<SetupAnswer["state"]["steps"][number]>[] = [
  { title: "STEP", value: (s) => s.id },
  { title: "STATE", value: (s) => s.step.state },
  { title: "ABOUT", value: (s) => clock(s.estimateSeconds) },
  {
    title: "",
    value: (s) =>
      s.step.state === "failed" ? `${s.step.reason ?? ""} Fix: ${s.step.fix.message}` : s.step.state === "done" ? s.step.outcome : "",
  },
];

function addSignIn(program: Command): void {
  program
    .command("sign-in")
    .description("keep an API token (made on the People page) for the next commands; it is read from standard input")
    .option("--url <url>", "address of the portal; BERTH_URL by default")
    .action(async (o: { url?: string }) => {
      const url = (o.url ?? readLogin(process.env).url).replace(/\/+$/, "");
      const token = process.stdin.isTTY ? await ask(`API token for ${url}: `) : (await readAll()).trim();
      if (!/^\S{10,200}$/.test(token)) throw new Ending(exitCodes.invalid, "that is no token");
      const me = await createClient(() => ({ url, token })).get<MeAnswer>("/me");
      say(`Signed in as ${me.name}. The token is kept in ${writeLogin(process.env, { url, token })}`);
    });
}

async function readAll(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += String(chunk);
  return text;
}
