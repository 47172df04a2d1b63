/** The portal process: `node app/server/main.ts`, configured by BERTH_* variables, stopped by SIGTERM or SIGINT. */
import { existsSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { fileURLToPath } from "node:url";
import type { ServerBuild } from "@remix-run/server-runtime";
import { compose, type Pages, type Portal } from "./compose.server.ts";
import { readConfig, WrongSettings } from "#app/foundation/config.server.ts";
import { readProxyHeaders } from "./requests/proxy-header.server.ts";
import type { ListenAddress } from "#app/foundation/setting-rules.server.ts";
import { createLogger } from "./logger.server.ts";
import { writeListening } from "./run-files.server.ts";

const graceMs = 8_000;
const builtPages = fileURLToPath(new URL("../../build/server/index.js", import.meta.url));
const browserFolder = fileURLToPath(new URL("../../build/client", import.meta.url));

async function main(): Promise<void> {
  const records = createLogger();
  const config = readConfig(process.env, process.getuid?.() ?? 0);
  const portal = await compose(config, await loadPages(), records);
  await listen(portal.http.server, config.listen);
  await writeListening(config.home);
  records.info({ url: config.publicUrl }, "the portal is up");
  await stopSignal();
  records.info("stopping");
  await stop(portal, config.drainSeconds);
}

/** The build is found at run time: the portal's own sources are run as they are. */
async function loadPages(): Promise<Pages> {
  if (!existsSync(builtPages)) return { build: null, browserFolder: null };
  return { build: (await import(builtPages)) as ServerBuild, browserFolder };
}

async function listen(server: Server, at: ListenAddress): Promise<void> {
  // A socket file that a killed portal left would refuse the address; only this portal's launcher gives it out.
  if (at.kind === "unix") await rm(at.path, { force: true });
  if (at.kind === "unix") readProxyHeaders(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    if (at.kind === "unix") server.listen(at.path, resolve);
    else server.listen(at.port, at.host, resolve);
  });
  if (at.kind === "unix") await chmod(at.path, 0o600);
}

const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  }).then(() => undefined);

async function stop(portal: Portal, drainSeconds: number): Promise<void> {
  // Nobody should wait longer than the launcher does before it kills. An operation that is cut off then is taken over at
  // the next start.
  setTimeout(() => process.exit(1), graceMs + 1_000 + drainSeconds * 1_000).unref();
  await Promise.all([portal.http.close(graceMs / 2), portal.drain()]);
  await portal.stop();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(
      error instanceof WrongSettings ? error.message : `starting the portal: ${error instanceof Error ? error.message : String(error)}`,
    );
    process.exit(startsNever(error) ? 2 : 1);
  },
);

/** Whether another start would end the same way: the launcher does not try again then. */
function startsNever(error: unknown): boolean {
  return error instanceof WrongSettings || (error instanceof Error && "code" in error && error.code === "EADDRINUSE");
}
