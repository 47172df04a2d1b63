/** `berth backup|restore`: run on the portal's own machine, in a process of their own, without the API. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { Ending, exitCodes } from "#app/cli/exit-codes.ts";
import { prompt, say } from "#app/cli/output.ts";

const program = fileURLToPath(new URL("../../server/backup/main.ts", import.meta.url));

interface Options {
  readonly passphraseFile?: string;
}

export function addBackupCommands(berth: Command): void {
  const passphrase = ["--passphrase-file <file>", "file with the passphrase; it is read from standard input otherwise"] as const;
  berth
    .command("backup <file>")
    .description("write database, state of all stacks and the sealed master key into a file (on the portal's machine, which may run)")
    .option(...passphrase)
    .action(async (file: string, o: Options) => run("backup", file, await passphraseOf(o, true)));
  berth
    .command("restore <file>")
    .description("put a backup into an empty BERTH_HOME (on the portal's machine, while it is stopped)")
    .option(...passphrase)
    .action(async (file: string, o: Options) => run("restore", file, await passphraseOf(o, false)));
}

async function passphraseOf(o: Options, isNew: boolean): Promise<string> {
  if (o.passphraseFile !== undefined) return (await readFile(o.passphraseFile, "utf8")).replace(/\r?\n$/, "");
  if (!process.stdin.isTTY) return await standardInput();
  const typed = await askHidden("Passphrase: ");
  if (isNew && (await askHidden("The same again: ")) !== typed) throw new Ending(exitCodes.invalid, "the two passphrases differ");
  return typed;
}

async function standardInput(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += String(chunk);
  return text.replace(/\r?\n$/, "");
}

/** One line from the terminal that is not shown. */
function askHidden(question: string): Promise<string> {
  const { stdin } = process;
  prompt(question);
  stdin.setRawMode(true).setEncoding("utf8").resume();
  return new Promise((resolve, reject) => {
    let typed = "";
    const over = (error: Error | null): void => {
      stdin.off("data", take).setRawMode(false).pause();
      say("");
      if (error) reject(error);
      else resolve(typed);
    };
    const take = (keys: string): void => {
      for (const key of keys) {
        if (key === "\r" || key === "\n") return over(null);
        if (key === "\u0003" || key === "\u0004") return over(new Ending(exitCodes.refused, "nothing was done"));
        typed = key === "\u007f" || key === "\b" ? typed.slice(0, -1) : typed + key;
      }
    };
    stdin.on("data", take);
  });
}

async function run(command: "backup" | "restore", file: string, passphrase: string): Promise<void> {
  const child = spawn(process.execPath, [program, command, file], { stdio: ["pipe", "inherit", "inherit"] });
  child.stdin.on("error", () => undefined).end(passphrase);
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (ended) => resolve(ended ?? exitCodes.failed));
  });
  process.exitCode = code;
}
