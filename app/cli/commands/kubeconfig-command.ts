/** `berth cluster kubeconfig`: prints it, writes it to a file of its own, or adds it to the one that kubectl reads. */
import { X509Certificate } from "node:crypto";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { type Command, Option } from "commander";
import { parse } from "yaml";
import { clusterPath } from "./approve.ts";
import type { Client } from "#app/cli/client.ts";
import { Ending, exitCodes } from "#app/cli/exit-codes.ts";
import { mergeKubeconfig, NoKubeconfig } from "#app/cli/merge-kubeconfig.ts";
import { moment, printDocument, say } from "#app/cli/output.ts";
import { placeOf } from "#app/cli/place.ts";
import { demandWritable, readPrivateFile, whileLocked, writePrivateFile } from "#app/cli/private-file.ts";
import { type Open, tenantOption } from "./shared.ts";

interface Options {
  readonly tenant?: string;
  readonly direct?: boolean;
  readonly file?: string;
  readonly force?: boolean;
  readonly merge?: boolean;
  readonly use?: boolean;
}

const hint = "--force replaces it, --merge adds this cluster to it";

export function addKubeconfigCommand(cluster: Command, open: Open): void {
  cluster
    .command("kubeconfig <name>")
    .description("print a kubeconfig with a certificate of your own, or write it to a file that only you can read")
    .addOption(tenantOption())
    .option("--direct", "with the machine's own address, for use on the libvirt host")
    .option("-f, --file <path>", "write it there (mode 0600); an existing file is not replaced")
    .option("--force", "replace an existing file")
    .addOption(
      new Option(
        "--merge",
        "add it to an existing kubeconfig and keep what is there; without --file: to KUBECONFIG, else ~/.kube/config",
      ).conflicts("force"),
    )
    .option("--use", "with --merge: make it the current context")
    .action((name: string, o: Options) => kubeconfig(open(), name, o));
}

/** Where it can be written is settled before a certificate is made for it. */
async function kubeconfig(client: Client, name: string, o: Options): Promise<void> {
  if (o.force && o.file === undefined) throw new Ending(exitCodes.invalid, "--force is about a file: name it with --file");
  if (o.use && !o.merge) throw new Ending(exitCodes.invalid, "--use is for --merge: a file of its own uses its only context anyway");
  const file = o.merge ? (o.file ?? defaultFile(process.env)) : o.file;
  if (file === undefined) return printDocument(await download(client, name, o));
  demandWritable(file, { replace: (o.force ?? false) || (o.merge ?? false), hint });
  const text = await download(client, name, o);
  if (o.merge) merge(file, text, o.use ?? false);
  else writePrivateFile(file, text, { replace: o.force ?? false, hint });
  sayEnd(file, text);
}

const download = async (client: Client, name: string, o: Options): Promise<string> =>
  client.text(`${clusterPath(await placeOf(client, name, o.tenant))}/kubeconfig?use=${o.direct ? "direct" : "outside"}`);

/** The file that kubectl writes to. Its folder is made where it is kubectl's own. */
function defaultFile(env: NodeJS.ProcessEnv): string {
  const named = (env.KUBECONFIG ?? "").split(":").filter((path) => path !== "");
  if (named.length > 1) throw new Ending(exitCodes.invalid, "KUBECONFIG names several files: say with --file which one to change");
  if (named[0] !== undefined) return named[0];
  const file = join(homedir(), ".kube", "config");
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return file;
}

function merge(file: string, text: string, use: boolean): void {
  whileLocked(file, () => {
    const merged = mergeInto(file, readPrivateFile(file) ?? "", text, use);
    writePrivateFile(file, merged.text, { replace: true, hint, keepOwner: true });
    say(`current context: ${merged.current}`);
  });
}

function mergeInto(file: string, existing: string, text: string, use: boolean) {
  try {
    return mergeKubeconfig(existing, text, { use });
  } catch (error) {
    if (error instanceof NoKubeconfig) throw new Ending(exitCodes.refused, `${file} was not changed: ${error.message}`);
    throw error;
  }
}

function sayEnd(file: string, text: string): void {
  const end = endOf(text);
  say(end === null ? `Written: ${file}` : `Written: ${file}; valid until ${moment(end)} UTC`);
}

/** Of the client certificate; null when the portal is older and sent another form. */
function endOf(kubeconfig: string): number | null {
  try {
    const { users } = parse(kubeconfig) as { users: readonly { user: { "client-certificate-data": string } }[] };
    const end = Date.parse(new X509Certificate(Buffer.from(users[0]?.user["client-certificate-data"] ?? "", "base64")).validTo);
    return Number.isNaN(end) ? null : end;
  } catch {
    return null;
  }
}
