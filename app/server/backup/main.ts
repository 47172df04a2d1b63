/**
 * `berth backup` and `berth restore` on the portal's own machine: `main.ts backup|restore <file>`, the passphrase on
 * standard input. It reads the same settings as the portal. Exit code 3: refused, 1: did not work.
 */
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { BackupRefused, type BackupContents } from "#app/domain/backup.ts";
import { type Config, readConfig, WrongSettings } from "#app/foundation/config.server.ts";
import { makeBackup } from "./make-backup.ts";
import { restoreBackup } from "./restore-backup.ts";

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(command: string | undefined, file: string | undefined): Promise<void> {
  if (file === undefined) throw new BackupRefused("usage: backup|restore <file>, with the passphrase on standard input");
  const config = readConfig(process.env, process.getuid?.() ?? -1);
  const passphrase = (await text(process.stdin)).replace(/\r?\n$/, "");
  switch (command) {
    case "backup":
      return sayMade(
        resolve(file),
        await makeBackup({
          config,
          target: resolve(file),
          passphrase,
          now: Date.now,
          onAgain: (reason) => say(`taking it again: ${reason}`),
        }),
      );
    case "restore":
      return sayRestored(config, await restoreBackup({ config, source: resolve(file), passphrase, now: Date.now }));
    default:
      throw new BackupRefused(`there is no command ${String(command)}`);
  }
}

const nameOf = (s: BackupContents["stacks"][number]): string => `${s.tenant}/${s.cluster}`;

function sayMade(file: string, { stacks, files }: BackupContents): void {
  const bytes = files.reduce((sum, f) => sum + f.bytes, 0);
  say(`${file}: the database and the state of ${stacks.length} stacks, ${(bytes / 1024 / 1024).toFixed(1)} MiB before packing`);
  for (const s of stacks.filter((x) => x.underWay !== null))
    say(`${nameOf(s)}: ${s.underWay} was under way; restored, it is as a crash at this moment would have left it`);
  for (const s of stacks.filter((x) => !x.whole))
    say(`${nameOf(s)}: its newest state file is not whole: its last good copy was taken, if there is one`);
  say("Disks of machines are not in it. Keep the passphrase elsewhere: without it no secret in the backup can be read.");
}

function sayRestored({ home }: Config, { madeAt, stacks, home: before, versions }: BackupContents): void {
  say(
    `${home} is as it was on ${madeAt} with Berth ${versions.berth ?? "of an unknown version"}: ${stacks.map(nameOf).join(", ") || "no stacks"}`,
  );
  if (before !== home)
    say(`It was made from ${before}: machines' disks are expected at ${before}/pools. Set BERTH_HOME=${before} to keep those machines.`);
  for (const s of stacks.filter((x) => x.underWay !== null))
    say(`${nameOf(s)}: ${s.underWay} was under way and was not carried on; preview that cluster again`);
  say(
    "Everybody signs in again. Preview each cluster before changing it: its state is compared with the host then, and as long as the host has machines of it that were made after the backup, nothing is changed and the preview says what to do.",
  );
}

try {
  await main(process.argv[2], process.argv[3]);
} catch (error) {
  say(`berth: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof BackupRefused ? 3 : error instanceof WrongSettings ? 2 : 1;
}
