/**
 * A whole portal with its built pages and a SQLite database, for hostile requests and for measuring lists: only libvirt,
 * set-up and the engine are stood in for. Arguments: the home, the port, the folder of the pages (`build` unless given), and
 * `idle` for an engine that never ends what it runs. Prints `up` when it answers.
 */
import type { ServerBuild } from "@remix-run/server-runtime";
import { createLogger } from "#app/server/logger.server.ts";
import { compose } from "#app/server/compose.server.ts";
import { readConfig } from "#app/foundation/config.server.ts";
import type { StackEngine, StackProgress } from "#app/ports/stack-engine.ts";
import { calmHypervisor, setupOf } from "#tests/api/rig.ts";

const [home = "", port = "", folder = new URL("../../build", import.meta.url).pathname, pace] = process.argv.slice(2);

const engine: StackEngine & StackProgress = {
  run: () => (pace === "idle" ? new Promise(() => undefined) : Promise.resolve({ result: "succeeded", rows: [], kubeconfig: null })),
  findDrift: () => Promise.resolve([]),
  recover: () => Promise.resolve({ notes: [] }),
  forget: () => Promise.resolve([]),
};

const env = { BERTH_HOME: home, BERTH_CACHE: `${home}/cache`, BERTH_PORT: port, BERTH_DRIFT_MINUTES: "0" };
const records = createLogger({ write: (line: string) => void (line.includes('"trouble"') && process.stderr.write(line)) });
const build = (await import(`${folder}/server/index.js`)) as ServerBuild;
const portal = await compose(readConfig(env, 0), { build, browserFolder: `${folder}/client` }, records, {
  engine,
  hypervisor: calmHypervisor,
  setupStatus: setupOf(true),
});
portal.http.server.listen(Number(port), "127.0.0.1", () => console.log("up"));
