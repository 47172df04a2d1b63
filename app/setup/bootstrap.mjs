/**
 * The first program of every npm script. It runs on any Node from 20 on and has no dependencies: it brings what the
 * rest stands on (a few Debian packages, node_modules, the SQLite binding, the libvirt SDK) and hands over to Node 24.
 *
 *     node app/setup/bootstrap.mjs start | setup | service install | doctor | prune [--yes] | releases [folder] | dev
 *         | test [--fast] | bench
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { modulesMatch } from "./packages/installed-modules.mjs";
import { keptThroughSudo } from "./launcher/kept-environment.mjs";
import { ownNode, ownNodeFolder, pathWithOwnNode } from "./packages/own-node.mjs";

const repo = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const startedAt = Date.now();

/** A sentence for the person; never shown with a stack. */
class Refusal extends Error {}

const clock = () => {
  const total = Math.floor((Date.now() - startedAt) / 1000);
  return `[${`${Math.floor(total / 60)}:${String(total % 60).padStart(2, "0")}`.padStart(5)}]`;
};
const say = (text) => console.log(`${clock()} ${text}`);

// --- What this machine is -------------------------------------------------------------------------------------------

const goAtLeast = [1, 26];

const major = (version) => Number.parseInt(version, 10);
const output = (command, ...args) => {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : null;
};

const isNewGo = (version) => {
  const [first = 0, second = 0] = version.replace(/^go/, "").split(".").map(Number);
  return first > goAtLeast[0] || (first === goAtLeast[0] && second >= goAtLeast[1]);
};

/** The same places in the same order as the toolchain looks: the first that is new enough, else the first there is. */
function goFinding() {
  const places = ["go", "/usr/local/go/bin/go", "/usr/lib/go-1.26/bin/go", "/usr/lib/go/bin/go"];
  const found = places.map((go) => output(go, "env", "GOVERSION")).filter((v) => v !== null);
  const go = found.find(isNewGo) ?? found[0];
  const want = `Go ${goAtLeast.join(".")} or newer compiles the engine`;
  const fix = "install Go from https://go.dev/dl and put it on the PATH";
  if (go === undefined) return { name: "Go", ok: false, text: `is not installed: ${want}`, fix };
  const ok = isNewGo(go);
  return { name: "Go", ok, text: ok ? go.replace(/^go/, "") : `${go} is too old: ${want}`, fix };
}

function systemFinding() {
  const base = { name: "system", fix: "use Debian 12 or newer on x86-64" };
  if (process.platform !== "linux") return { ...base, ok: false, text: `${process.platform} is not supported: Berth runs on Linux` };
  if (process.arch !== "x64") return { ...base, ok: false, text: `${process.arch} processors are not supported yet: Berth runs on x86-64` };
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const value = (key) => new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(release)?.[1] ?? "";
  const name = value("PRETTY_NAME") || "this Linux";
  if (output("apt-get", "--version") === null) return { ...base, ok: false, text: `${name} is not supported: it has no apt` };
  if (value("ID") === "debian" && value("VERSION_ID") !== "" && major(value("VERSION_ID")) < 12) {
    return { ...base, ok: false, text: `${name} is too old: Debian 12 or newer is needed` };
  }
  return { ...base, ok: true, text: name };
}

const nodeFinding = () => ({
  name: "Node.js",
  ok: major(process.versions.node) >= 20,
  text: major(process.versions.node) >= 20 ? process.versions.node : `${process.versions.node} is too old: 20 or newer starts Berth`,
  fix: "install Node.js 20 or newer",
});

const npmFinding = () => {
  const npm = output("npm", "--version");
  return { name: "npm", ok: npm !== null, text: npm ?? "is not installed", fix: "install npm (it comes with Node.js)" };
};

const isRoot = () => process.getuid?.() === 0;

function rootFinding() {
  const fix = "run it as root, or install sudo and allow this person to use it";
  if (isRoot()) return { name: "root", ok: true, text: "this is root", fix };
  const sudo = output("sudo", "--version") !== null;
  return { name: "root", ok: sudo, text: sudo ? "through sudo" : "is needed for machines and networks, and sudo is not installed", fix };
}

/** Needed by everything; the last two only by what makes machines. */
const findings = () => [systemFinding(), nodeFinding(), npmFinding(), rootFinding(), goFinding()];

// --- Programs -------------------------------------------------------------------------------------------------------

/** The first and last lines of a program's output: its reason stands at one of the two ends. */
function ends(text) {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("npm warn"));
  return (lines.length <= 16 ? lines : [...lines.slice(0, 8), "…", ...lines.slice(-8)]).join("\n");
}

/** Runs a program quietly; its output is shown only when it ends badly. */
function quietly(doing, command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: repo,
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
      env: { ...process.env, ...options.env },
    });
    let said = "";
    const keep = (chunk) => (said = (said + chunk).slice(-200_000));
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const beat = setInterval(() => say(`${doing}: still at it`), 30_000);
    child.on("error", (error) => finish(`${doing}: ${command} did not start (${error.code ?? error.message})`));
    child.on("close", (code) => finish(code === 0 ? null : `${doing}: ${command} ended with ${code}\n${ends(said)}`));
    const finish = (problem) => {
      clearInterval(beat);
      return problem === null ? resolve() : reject(new Refusal(problem));
    };
  });
}

/** sudo's word for variables that it does not drop. By name, never as NAME=value: everybody can read the arguments of a program. */
const keeping = (names) => (names.length === 0 ? [] : [`--preserve-env=${names.join(",")}`]);

/** The same program as root: directly, or through sudo, which may ask for the password. */
const asRoot = (doing, command, args, env = {}) => {
  if (isRoot()) return quietly(doing, command, args, { env });
  const settings = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  return quietly(doing, "sudo", [...keeping(keptThroughSudo(process.env)), "env", ...settings, command, ...args], {
    stdio: ["inherit", "pipe", "pipe"],
  });
};

// --- The pieces -----------------------------------------------------------------------------------------------------

/** What the SQLite binding's compiler and the portal's namespaces need; all else comes later, behind the page. */
const basics = ["build-essential", "python3", "ca-certificates", "iproute2", "util-linux", "git"];

function missingBasics() {
  const { stdout = "" } = spawnSync("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\n", ...basics], { encoding: "utf8" });
  const there = new Set(
    stdout
      .split("\n")
      .filter((l) => l.endsWith(" installed"))
      .map((l) => l.split(" ")[0]),
  );
  // A compiler from elsewhere is as good as Debian's.
  const compiler = ["gcc", "g++", "make", "python3"].every((program) => output(program, "--version") !== null);
  return basics.filter(
    (name) =>
      !there.has(name) &&
      !(compiler && ["build-essential", "python3"].includes(name)) &&
      !(name === "git" && output("git", "--version") !== null),
  );
}

async function ensureBasics() {
  const names = missingBasics();
  if (names.length === 0) return;
  say(`installing ${names.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_SUSPEND: "1", LC_ALL: "C.UTF-8" };
  const options = ["-o", "DPkg::Lock::Timeout=900", "-o", "Dpkg::Options::=--force-confold"];
  await asRoot("reading Debian's package lists", "apt-get", [...options, "update"], env);
  await asRoot("installing Debian packages", "apt-get", [...options, "install", "-y", "--no-install-recommends", ...names], env);
}

const packagesOf = (path) => {
  try {
    return JSON.parse(readFileSync(join(repo, path), "utf8")).packages;
  } catch {
    return null;
  }
};

/** npm keeps its own account of what it installed; it has none after an installation that was cut short. */
const modulesAreThere = () => modulesMatch(packagesOf("package-lock.json"), packagesOf("node_modules/.package-lock.json"));

async function ensureModules() {
  if (modulesAreThere()) return;
  say("installing the packages of package-lock.json");
  await quietly("installing npm packages", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
}

const node24 = ownNode(repo);
const binding = join(repo, "node_modules", "sqlite3", "build", "Release", "node_sqlite3.node");

function cacheFolder() {
  return process.env.BERTH_CACHE || (isRoot() ? "/var/cache/berth" : join(homedir(), ".cache", "berth"));
}

/** Compiled once for each version, Node interface, processor and C library; in the cache of this person, or in root's. */
function cachedBinding(cache) {
  const { version } = JSON.parse(readFileSync(join(repo, "node_modules", "sqlite3", "package.json"), "utf8"));
  const header = process.report?.getReport().header ?? {};
  const abi = output(node24, "-p", "process.versions.modules");
  const hash = createHash("sha256").update([version, abi, process.arch, header.glibcVersionRuntime].join("\0")).digest("hex");
  return join(cache, "artefacts", "sqlite3-binding", hash.slice(0, 32), "node_sqlite3.node");
}

async function ensureBinding() {
  if (existsSync(binding)) return;
  const cached = [cacheFolder(), rootsPlaces.BERTH_CACHE].map(cachedBinding).find((file) => existsSync(file));
  if (cached === undefined) {
    say("compiling the SQLite binding (about 90 s, once)");
    const args = ["rebuild", "sqlite3", "--ignore-scripts=false", "--build-from-source", `--nodedir=${ownNodeFolder(repo)}`];
    await quietly("compiling the SQLite binding", "npm", args);
    if (!existsSync(binding)) throw new Refusal(`compiling the SQLite binding: it ended without ${binding}`);
    keepCopy(binding, cachedBinding(cacheFolder()));
    return;
  }
  mkdirSync(dirname(binding), { recursive: true });
  copyFileSync(cached, binding);
}

/** The cache is an extra: one that cannot be written costs time later, nothing else. */
function keepCopy(from, to) {
  try {
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(from, `${to}.${process.pid}`);
    renameSync(`${to}.${process.pid}`, to);
  } catch (error) {
    say(`the compiled SQLite binding could not be kept in the cache (${error.code})`);
  }
}

async function ensureSdk() {
  const compile = join(repo, "pulumi", "toolchain", "compile-sdk.ts");
  const compiled = join(repo, "pulumi", "sdks", "libvirt", "bin", "index.js");
  if (existsSync(compiled) || !existsSync(compile)) return;
  say("compiling the libvirt SDK");
  await quietly("compiling the libvirt SDK", node24, [compile]);
}

function refuseUnsupported(needed) {
  const wrong = findings().filter((f) => needed.includes(f.name) && !f.ok);
  if (wrong.length > 0) throw new Refusal(wrong.map((f) => `${f.name} ${f.text}.\n  To fix it: ${f.fix}.`).join("\n"));
  try {
    accessSync(repo, constants.W_OK);
  } catch {
    throw new Refusal(`${repo} cannot be written by this person, and set-up writes there: run it as the owner of that folder.`);
  }
}

/** A failure here is no end: the launcher tries again, and shows what went wrong as the step that it is. */
const buildPagesEarly = () =>
  quietly("building the pages", node24, [join(repo, "app", "setup", "launcher", "build-pages.ts")], { env: pathWithNode24() }).catch(
    () => undefined,
  );

async function prepare(needed, withPages) {
  refuseUnsupported(needed);
  await ensureBasics();
  await ensureModules();
  await Promise.all([ensureBinding(), ensureSdk(), withPages ? buildPagesEarly() : undefined]);
}

/**
 * The development portal needs the npm packages and nothing else: no root, no compiler, no database. Whoever develops checks
 * types next, for which the SDK has to be there.
 */
async function prepareDev() {
  if (!modulesAreThere()) {
    refuseUnsupported(["system", "Node.js", "npm"]);
    await ensureModules();
  }
  await ensureSdk();
}

// --- Commands -------------------------------------------------------------------------------------------------------

function doctor() {
  const line = (f) =>
    `${f.ok ? "ok     " : "MISSING"} ${f.name.padEnd(14)} ${f.text}${f.ok ? "" : `\n${" ".repeat(23)}to fix it: ${f.fix}`}`;
  const names = missingBasics();
  const more = [
    {
      name: "basics",
      ok: names.length === 0,
      text: names.length === 0 ? "Debian packages for set-up are installed" : `missing: ${names.join(" ")}`,
      fix: "npm run setup",
    },
    {
      name: "npm packages",
      ok: modulesAreThere(),
      text: modulesAreThere() ? "as in package-lock.json" : "not installed, or not as in package-lock.json",
      fix: "npm run setup",
    },
    {
      name: "SQLite",
      ok: existsSync(binding),
      text: existsSync(binding) ? "the binding is compiled" : "the binding is not compiled",
      fix: "npm run setup",
    },
  ];
  const all = [...findings(), ...more];
  for (const f of all) console.log(line(f));
  return all.every((f) => f.ok);
}

const pathWithNode24 = () => ({ PATH: pathWithOwnNode(repo, process.env.PATH) });

/** Where a person keeps settings of Go; root has other ones. Go only reads this file. */
function goSettings() {
  const file = join(process.env.XDG_CONFIG_HOME || join(homedir(), ".config"), "go", "env");
  return process.env.GOENV === undefined && existsSync(file) ? { GOENV: file } : {};
}

/** Replaces this program as far as Node can: same terminal, signals handed on, its exit code ours. */
function handOver(entry, args, root, settings = {}) {
  const words = [node24, join(repo, entry), ...args];
  const env = { ...settings, ...process.env, ...goSettings(), ...pathWithNode24() };
  const viaSudo = root && !isRoot();
  const [command, ...rest] = viaSudo ? ["sudo", ...keeping(["PATH", ...keptThroughSudo(env)]), "env", `PATH=${env.PATH}`, ...words] : words;
  const child = spawn(command, rest, { cwd: repo, stdio: "inherit", env });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new Refusal(`starting ${entry}: ${error.message}`)));
    child.on("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

/** The times in the terminal continue where these ended. */
const sinceStart = `--started-at=${startedAt}`;

/** What a person's own doctor looks at is what `npm start` made, and that ran as root. */
const rootsPlaces = { BERTH_HOME: "/var/lib/berth", BERTH_CACHE: "/var/cache/berth" };

const everything = ["system", "Node.js", "npm", "root", "Go"];

async function main([command, ...args]) {
  switch (command) {
    case "start":
      await prepare(everything, true);
      return await handOver("app/setup/launcher/launch.ts", [...args, sinceStart], true);
    case "setup":
      await prepare(everything, false);
      return await handOver("app/setup/setup.ts", [...args, sinceStart], true);
    case "service":
      await prepare(everything, true);
      return await handOver("app/cli/main.ts", ["service", ...args], true);
    case "journeys":
      await prepare(everything, false);
      return await handOver("tests/journeys/main.ts", args, true);
    case "prune":
      await prepare(["system", "Node.js", "npm", "root"], false);
      return await handOver("app/setup/packages/prune.ts", args, true);
    case "releases":
      await prepare(["system", "Node.js", "npm"], false);
      return await handOver("app/setup/release-mirror.ts", args, false);
    case "doctor": {
      const ok = doctor();
      if (!modulesAreThere()) {
        console.log("The rest can be examined once the npm packages are installed.");
        return 1;
      }
      const rest = await handOver("app/setup/doctor.ts", args, false, rootsPlaces);
      return ok ? rest : 1;
    }
    case "test": {
      const fast = args.includes("--fast");
      await prepare(fast ? ["system", "Node.js", "npm"] : everything, false);
      return await handOver("app/setup/test-run/test.ts", args, !fast);
    }
    case "dev":
      await prepareDev();
      return await handOver("tests/pages/dev.ts", [...args, sinceStart], false, { NODE_COMPILE_CACHE: join(cacheFolder(), "compiled") });
    case "bench":
      await prepare(everything, false);
      return await handOver("tests/bench/main.ts", args, true);
    case "faults":
      await prepare(everything, false);
      return await handOver("tests/faults/main.ts", args, true);
    default:
      throw new Refusal(
        "usage: node app/setup/bootstrap.mjs start | setup | service install|uninstall|status | doctor | prune [--yes] | releases [folder] | dev [--port N] | test [--fast] [-- words for vitest] | bench | faults | journeys",
      );
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) say(`set-up stopped: ${error.message}`);
  else say(error.message);
  process.exitCode = 1;
}
