/**
 * `node app/setup/bootstrap.mjs releases [folder]`: prints which released files set-up uses, each with its checksum; with a
 * folder it fetches them, so that the folder can be copied to machines without internet (BERTH_RELEASES=<folder>).
 */
import { readConfig } from "#app/foundation/config.server.ts";
import { fillFolder } from "#app/foundation/releases/fill-folder.ts";
import { fetchThroughProxies } from "#app/foundation/releases/proxy.ts";
import { readReleaseLock } from "#app/foundation/releases/release-lock.ts";

async function main(folder: string | undefined): Promise<number> {
  const { releasesLock } = readConfig(process.env, process.getuid?.() ?? -1);
  let failed = 0;
  for (const file of readReleaseLock(releasesLock).files) {
    if (folder === undefined) {
      console.log(`${file.algorithm}:${file.checksum}  ${file.url}`);
      continue;
    }
    try {
      await fillFolder(file, folder);
      console.log(`ok      ${file.part} ${file.version}  ${file.url}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${file.part} ${file.version}  ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  fetchThroughProxies(process.env);
  try {
    process.exitCode = await main(process.argv[2]);
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
