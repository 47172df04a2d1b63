/**
 * How long set-up takes with released files at hand, and how long when everything is compiled. The files are packed from
 * what this machine has compiled (BERTH_CACHE) and come from a web server on this machine. Run as root:
 *
 *     node tests/bench/first-start/main.ts [released] [compiled]     measures one way or both, one after the other
 *     node tests/bench/first-start/main.ts serve                     serves the files, and prints the settings for npm start
 *
 *     --work FOLDER     where homes, caches and archives are made (a new folder below /var/tmp; removed at the end)
 *     --modules         keeps this machine's Go modules: leaves their download out of the measurement
 *
 * A measurement runs the steps packages, engine and image with an empty cache, and empty Go caches. `serve` is for the time
 * until the portal's page is up: run npm start in a fresh clone with the settings that it prints; every line has its time.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readConfig } from "#app/foundation/config.server.ts";
import { berthPaths } from "#app/foundation/paths.ts";
import { stamped } from "#app/foundation/terminal.ts";
import { inEnglish } from "#app/messages/in-english.ts";
import { setupContext, stepsOf } from "#app/setup/all-steps.ts";
import { setUp } from "#app/setup/setup.ts";
import { readSetupState } from "#app/setup/state-file.ts";
import { packReleased } from "./pack.ts";
import { serveFolder } from "./serve.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { work: { type: "string" }, modules: { type: "boolean", default: false } },
});
const ways = positionals.length === 0 ? ["released"] : positionals;
const known = ["released", "compiled", "serve"];
for (const way of ways) if (!known.includes(way)) throw new Error(`first start: "${way}" is none of ${known.join(", ")}`);

const say = (line: string): void => console.error(line);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

type Settings = Readonly<Record<string, string>>;

/** Homes, caches and Go's folders of one way. */
async function freshPlaces(work: string, way: string): Promise<Settings> {
  const at = (name: string): string => join(work, way, name);
  const places = { BERTH_HOME: at("home"), BERTH_CACHE: at("cache"), GOCACHE: at("go-build"), GOPATH: at("go") };
  for (const folder of Object.values(places)) await mkdir(folder, { recursive: true });
  const { GOPATH, ...others } = places;
  return options.modules ? others : { ...others, GOPATH };
}

async function measure(way: string, settings: Settings): Promise<object> {
  Object.assign(process.env, settings);
  const config = readConfig(process.env, process.getuid?.() ?? -1);
  const startedAt = Date.now();
  const open = await setUp(
    setupContext(config, false),
    stepsOf(["packages", "engine", "image"]),
    (line) => say(stamped(startedAt, Date.now(), line)),
    stop.signal,
  );
  const steps = (readSetupState(config.home)?.steps ?? []).map(({ id, step }) => ({
    id,
    state: step.state,
    ...(step.state === "done" && {
      begunAfterSeconds: Math.round((step.startedAt - startedAt) / 1000),
      doneAfterSeconds: Math.round((step.endedAt - startedAt) / 1000),
      outcome: inEnglish(step.outcome),
    }),
  }));
  return {
    at: new Date(startedAt).toISOString(),
    way,
    modules: options.modules ? "kept" : "downloaded",
    complete: open.length === 0,
    steps,
  };
}

const untilStopped = (): Promise<void> => new Promise((resolve) => stop.signal.addEventListener("abort", () => resolve(), { once: true }));

async function main(work: string): Promise<void> {
  const { cache } = berthPaths(process.env, process.getuid?.() ?? -1);
  const packed = ways.every((way) => way === "compiled") ? null : await packReleased(work, cache, say);
  const serving = packed === null ? null : await serveFolder(packed.folder);
  try {
    for (const way of ways) {
      if (stop.signal.aborted) return;
      const released: Settings =
        packed === null || serving === null ? {} : { BERTH_RELEASES: serving.address, BERTH_RELEASES_LOCK: packed.lock };
      const settings = { ...(await freshPlaces(work, way)), ...(way === "compiled" ? { BERTH_RELEASES: "build" } : released) };
      if (way !== "serve") console.log(JSON.stringify(await measure(way, settings)));
      else {
        console.log(
          Object.entries(settings)
            .map(([name, value]) => `${name}=${value}`)
            .join(" "),
          "npm start",
        );
        await untilStopped();
      }
    }
  } finally {
    await serving?.close();
  }
}

const work = options.work ?? (await mkdtemp("/var/tmp/berth-first-start-"));
await mkdir(work, { recursive: true });
try {
  await main(work);
} finally {
  if (options.work === undefined) await rm(work, { recursive: true, force: true });
}
