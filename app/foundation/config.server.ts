/**
 * Settings: environment variables BERTH_*, read once, checked, and from then on a frozen object that cannot be wrong.
 * The table below is also where the documentation page comes from (docs/settings.md).
 */
import { isHoursFault, readHours } from "#app/domain/power/power-hours.ts";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type BudgetSettings, budgetsFor, readPhaseBudgets } from "#app/domain/operation/budgets.ts";
import { phases } from "#app/domain/operation/event.ts";
import { engineDefaults } from "#app/ports/stack-engine.ts";
import { isAddressOrRange } from "#app/server/requests/client-address.server.ts";
import { berthPaths } from "#app/foundation/paths.ts";
import { type ReleaseSource, releaseSource } from "#app/foundation/releases/release-source.ts";
import { characterFault } from "#app/domain/text/characters.ts";
import { type Language, languages } from "#app/domain/text/language.ts";
import {
  type DatabaseAddress,
  databaseAddress,
  folder,
  ipAddress,
  isMachineRange,
  isOrigin,
  type ListenAddress,
  listenAddress,
  port,
  rangeReason,
  wholeNumber,
} from "./setting-rules.server.ts";

interface Setting<T> {
  readonly variable: string;
  /** Fits "it must be …". */
  readonly rule: string;
  readonly schema: z.ZodType<T, string>;
  /** What holds when the variable is not set or empty; null: nothing. */
  readonly fallback: string | null;
  /** The fallback as documented, when it depends on the machine. */
  readonly fallbackText?: string;
  readonly meaning: string;
  /** What about a wrong value breaks the rule, where the rule alone does not say. */
  readonly reason?: (text: string) => string | null;
  /** Its value is never printed. */
  readonly secret?: true;
}

const setting = <T>(s: Setting<T>): Setting<T> => s;

const paths = berthPaths({}, 0);
const budgetList = (profile: "accelerated" | "emulated"): string => phases.map((p) => `${p}=${budgetsFor(profile).phase[p]}`).join(",");

const table = {
  home: setting({
    variable: "BERTH_HOME",
    rule: "an absolute folder",
    schema: folder,
    fallback: null,
    fallbackText: `${paths.home}; ~/.local/share/berth for a process of another account than root (npm start becomes root through sudo)`,
    meaning: "State that must not be lost: database, keys, stack state. Back it up.",
  }),
  cache: setting({
    variable: "BERTH_CACHE",
    rule: "an absolute folder",
    schema: folder,
    fallback: null,
    fallbackText: `${paths.cache}; ~/.cache/berth for a process of another account than root`,
    meaning:
      "Engine, images, what Node.js compiled. Machines' disks are overlays on these images, and an image that is built again is not the same: delete it only while Berth is stopped and there is no cluster. node app/setup/bootstrap.mjs prune frees disk space.",
  }),
  port: setting({
    variable: "BERTH_PORT",
    rule: "a whole number from 1 to 65535",
    schema: port,
    fallback: "7480",
    meaning: "Port of the portal.",
  }),
  address: setting({
    variable: "BERTH_ADDRESS",
    rule: "an IP address",
    schema: ipAddress,
    fallback: "127.0.0.1",
    meaning: "Address of this machine on which the portal listens. Put a proxy with TLS in front before opening it.",
  }),
  listen: setting({
    variable: "BERTH_LISTEN",
    rule: "unix:<absolute path> or <IP address>:<port>",
    schema: z
      .string()
      .transform(listenAddress)
      .refine((a) => a !== null),
    fallback: null,
    fallbackText: "BERTH_ADDRESS:BERTH_PORT",
    meaning: "Where the portal process itself listens. The launcher (npm start) always sets it: use BERTH_ADDRESS and BERTH_PORT.",
  }),
  publicUrl: setting({
    variable: "BERTH_PUBLIC_URL",
    rule: "an http or https URL without a path, a query or a name and password",
    schema: z
      .string()
      .refine(isOrigin)
      .transform((text) => new URL(text).origin),
    fallback: null,
    fallbackText: "http://127.0.0.1:BERTH_PORT",
    meaning: "The address people type. Links, cookies and the WebSocket's Origin check follow it.",
  }),
  trustedProxies: setting({
    variable: "BERTH_TRUSTED_PROXY",
    rule: "a list like 127.0.0.1,10.0.0.0/8 of IP addresses and ranges",
    schema: z
      .string()
      .transform((text) => text.split(",").map((part) => part.trim()))
      .refine((parts) => parts.every(isAddressOrRange)),
    fallback: null,
    fallbackText: "not set: none",
    meaning:
      "Proxies in front of the portal. Only from these does X-Forwarded-For tell who a client is; otherwise all clients behind a proxy count as one when sign-ins are slowed down.",
  }),
  database: setting({
    variable: "BERTH_DATABASE_URL",
    rule: "sqlite:<absolute path>, postgres://<user>@<host>/<database> or postgres://<user>@/<database>?host=<folder of its socket>",
    schema: z
      .string()
      .transform(databaseAddress)
      .refine((a) => a !== null),
    fallback: null,
    fallbackText: "sqlite:BERTH_HOME/berth.sqlite",
    meaning: "The database.",
    secret: true,
  }),
  secretKeyFile: setting({
    variable: "BERTH_SECRET_KEY_FILE",
    rule: "an absolute path",
    schema: folder,
    fallback: null,
    fallbackText: "BERTH_HOME/keys/master.key",
    meaning: "File with the master key that wraps every tenant's key. Made at the first start; without it no secret can be read.",
  }),
  hypervisor: setting({
    variable: "BERTH_HYPERVISOR",
    rule: "auto, system or private",
    schema: z.enum(["auto", "system", "private"]),
    fallback: "auto",
    meaning:
      "system: this machine's libvirt. private: a libvirt of Berth's own in its own namespaces. auto: system where one runs or systemd does, else private.",
  }),
  libvirtUri: setting({
    variable: "BERTH_LIBVIRT_URI",
    rule: "a libvirt URI that starts with qemu",
    schema: z.string().regex(/^qemu(\+[a-z]+)?:\/\/\S*$/),
    fallback: "qemu:///system",
    meaning: "The libvirt that runs the machines.",
  }),
  accelerator: setting({
    variable: "BERTH_ACCELERATOR",
    rule: "auto, kvm or tcg",
    schema: z.enum(["auto", "kvm", "tcg"]),
    fallback: "auto",
    meaning: "auto: KVM when the processor offers it and a probe boots under it, else emulation (tcg). Another value overrides the probe.",
  }),
  networkRange: setting({
    variable: "BERTH_NETWORK_RANGE",
    rule: "a private IPv4 range with a prefix from /8 to /23 and no host bits, e.g. 10.91.0.0/16, apart from the default ranges of pods (10.244.0.0/16) and services (10.96.0.0/12)",
    schema: z.string().refine((text) => isMachineRange(text) && rangeReason(text) === null),
    reason: rangeReason,
    fallback: "10.91.0.0/16",
    meaning: "Every cluster takes one /24 of this range.",
  }),
  publishBase: setting({
    variable: "BERTH_PUBLISH_BASE",
    rule: "a whole number from 1024 to 60000",
    schema: wholeNumber(1024, 60_000),
    fallback: "20000",
    meaning:
      "First port on which API servers and SSH of machines are published; each cluster takes 64. Change it only while there is no cluster.",
  }),
  publishAddress: setting({
    variable: "BERTH_PUBLISH_ADDRESS",
    rule: "an IP address",
    schema: ipAddress,
    fallback: "127.0.0.1",
    meaning:
      "Address of this machine on which they are published. Set it before the first cluster: the names in an API server's certificate do not change.",
  }),
  maxOperations: setting({
    variable: "BERTH_MAX_OPERATIONS",
    rule: "a whole number from 1 to 64",
    schema: wholeNumber(1, 64),
    fallback: String(Math.max(1, Math.min(8, Math.floor(availableParallelism() / 2)))),
    fallbackText: "half the processors, 1 to 8",
    meaning: "Operations that run at once on this worker; further ones queue.",
  }),
  maxOperationsPerTenant: setting({
    variable: "BERTH_MAX_OPERATIONS_PER_TENANT",
    rule: "a whole number from 1 to 64",
    schema: wholeNumber(1, 64),
    fallback: null,
    fallbackText: "BERTH_MAX_OPERATIONS",
    meaning: "Of these, operations of one tenant that run at once. Tenants take turns in any case.",
  }),
  packHours: setting({
    variable: "BERTH_PACK_AFTER_HOURS",
    rule: "a whole number from 1 to 87600",
    schema: wholeNumber(1, 87_600),
    fallback: "24",
    meaning: "Hours after an operation's end until its journal is packed to save space. It reads the same afterwards.",
  }),
  autoResume: setting({
    variable: "BERTH_AUTO_RESUME",
    rule: "on or off",
    schema: z.enum(["on", "off"]).transform((text) => text === "on"),
    fallback: "on",
    meaning:
      "on: an operation that was interrupted (a crash, a restart, a power cut) continues automatically, at most three times in a row without getting further. off: it waits for a person.",
  }),
  drainSeconds: setting({
    variable: "BERTH_DRAIN_SECONDS",
    rule: "a whole number from 0 to 3600",
    schema: wholeNumber(0, 3_600),
    fallback: "5",
    meaning:
      "Seconds that running operations get to end when Berth is stopped. What still runs then is interrupted cleanly and handed over: the next start continues it.",
  }),
  memoryReserveMiB: setting({
    variable: "BERTH_MEMORY_RESERVE_MIB",
    rule: "a whole number from 0 to 1048576",
    schema: wholeNumber(0, 1_048_576),
    fallback: "1024",
    meaning: "Memory of the host, in MiB, that no plan may use.",
  }),
  driftMinutes: setting({
    variable: "BERTH_DRIFT_MINUTES",
    rule: "a whole number from 0 to 10080",
    schema: wholeNumber(0, 10_080),
    fallback: "30",
    meaning:
      "Minutes between two drift checks of each cluster: machines, disks, networks and nodes that are not as the spec says. 0: only when somebody asks.",
  }),
  powerHours: setting({
    variable: "BERTH_POWER_HOURS",
    rule: "hours like mon-fri 08:00-19:00 Europe/Berlin",
    schema: z.string().refine((text) => text === "" || !isHoursFault(readHours(text))),
    fallback: "",
    fallbackText: "none",
    meaning: "Hours of the week in which clusters are on that the portal proposes. Each cluster has the hours that a person sets for it.",
  }),
  kubeconfigDays: setting({
    variable: "BERTH_KUBECONFIG_DAYS",
    rule: "a whole number from 1 to 365",
    schema: wholeNumber(1, 365),
    fallback: "7",
    meaning:
      "Days that a downloaded kubeconfig works. Each has a certificate of its own that names the person, and cannot be called back before its end.",
  }),
  maxDrafts: setting({
    variable: "BERTH_MAX_DRAFTS_PER_TENANT",
    rule: "a whole number from 1 to 10000",
    schema: wholeNumber(1, 10_000),
    fallback: "20",
    meaning:
      "Clusters of one tenant that may be drafts at the same time: written, but never approved. A draft reserves nothing of the host.",
  }),
  draftDays: setting({
    variable: "BERTH_DRAFT_DAYS",
    rule: "a whole number from 0 to 3650",
    schema: wholeNumber(0, 3_650),
    fallback: "14",
    meaning: "A draft that nobody changes or previews for so many days is discarded. 0: never.",
  }),
  maxQueuedPreviews: setting({
    variable: "BERTH_MAX_QUEUED_PREVIEWS_PER_TENANT",
    rule: "a whole number from 1 to 10000",
    schema: wholeNumber(1, 10_000),
    fallback: "50",
    meaning: "Previews of one tenant that may wait in the queue at the same time.",
  }),
  engineMemoryMiB: setting({
    variable: "BERTH_ENGINE_MEMORY_MIB",
    rule: "a whole number from 256 to 65536",
    schema: wholeNumber(256, 65_536),
    fallback: String(engineDefaults.memoryMiB),
    meaning:
      "Memory, in MiB, that the engine's processes of one operation may hold together; beyond it the operation fails and the others continue. No further operation starts while the host has less than this available.",
  }),
  engineSilenceSeconds: setting({
    variable: "BERTH_ENGINE_SILENCE_SECONDS",
    rule: "a whole number from 10 to 86400",
    schema: wholeNumber(10, 86_400),
    fallback: null,
    fallbackText: `${budgetsFor("accelerated").silenceSeconds}; ${budgetsFor("emulated").silenceSeconds} where machines are emulated`,
    meaning: "Seconds without any sign of life after which the engine of an operation counts as hung and is ended.",
  }),
  phaseBudgets: setting({
    variable: "BERTH_PHASE_BUDGETS",
    rule: "a list like boot=120,ssh=600 of phases (network, disks, boot, ssh, init, cni, join, ready) and seconds",
    schema: z
      .string()
      .transform(readPhaseBudgets)
      .refine((budgets) => budgets !== null),
    fallback: null,
    fallbackText: `${budgetList("accelerated")}; where machines are emulated ${budgetList("emulated")}`,
    meaning: "Seconds that one step of a phase may run before it counts as failed. Phases that are not named keep theirs.",
  }),
  keptStates: setting({
    variable: "BERTH_KEPT_STATES",
    rule: "a whole number from 1 to 1000",
    schema: wholeNumber(1, 1_000),
    fallback: String(engineDefaults.keptStates),
    meaning: "Earlier states that are kept of each cluster's stack.",
  }),
  language: setting({
    variable: "BERTH_LANGUAGE",
    rule: languages.join(" or "),
    schema: z.enum(languages),
    fallback: "en",
    meaning: "Language of pages for a browser that asks for neither.",
  }),
  releases: setting({
    variable: "BERTH_RELEASES",
    rule: "build, auto, an absolute folder, or an http or https URL",
    schema: z
      .string()
      .transform(releaseSource)
      .refine((source) => source !== null),
    fallback: "auto",
    meaning:
      "Where released files of the engine and of what goes into guest images come from. auto: from where they are released, as far as a file's checksum is pinned; what cannot be had so within a few seconds is compiled. build: everything is compiled. A folder or URL holds the same files as `<host>/<path>`; see [network.md](operations/network.md#hosts-without-internet).",
  }),
  releasesLock: setting({
    variable: "BERTH_RELEASES_LOCK",
    rule: "an absolute path",
    schema: folder,
    fallback: null,
    fallbackText: "app/foundation/releases/releases.lock.json",
    meaning: "Another lock file of released files, with their URLs and checksums: for tests, and for builds of one's own.",
  }),
} as const;

type Values = { readonly [K in keyof typeof table]: z.output<(typeof table)[K]["schema"]> | null };

export interface Config {
  readonly home: string;
  readonly cache: string;
  readonly port: number;
  readonly address: string;
  readonly listen: ListenAddress;
  readonly publicUrl: string;
  readonly trustedProxies: readonly string[];
  readonly database: DatabaseAddress;
  readonly secretKeyFile: string;
  readonly hypervisor: "auto" | "system" | "private";
  readonly libvirtUri: string;
  readonly accelerator: "auto" | "kvm" | "tcg";
  readonly networkRange: string;
  readonly publishBase: number;
  readonly publishAddress: string;
  readonly maxOperations: number;
  readonly maxOperationsPerTenant: number;
  readonly packHours: number;
  readonly autoResume: boolean;
  readonly drainSeconds: number;
  readonly memoryReserveMiB: number;
  readonly driftMinutes: number;
  /** Proposed; empty: none. */
  readonly powerHours: string;
  readonly kubeconfigDays: number;
  readonly maxDrafts: number;
  readonly draftDays: number;
  readonly maxQueuedPreviews: number;
  /** MiB. */
  readonly engineMemoryMiB: number;
  /** Null: by the machines' profile. */
  readonly engineSilenceSeconds: number | null;
  readonly phaseBudgets: BudgetSettings["phase"] | null;
  readonly keptStates: number;
  readonly language: Language;
  readonly releases: ReleaseSource;
  /** Null: the one in the sources. */
  readonly releasesLock: string | null;
}

/** One or more settings are wrong; the message has one sentence for each. */
export class WrongSettings extends Error {
  override readonly name = "WrongSettings";
}

/** Reads all settings. Throws WrongSettings. */
export function readConfig(env: Readonly<Record<string, string | undefined>>, uid: number): Config {
  const wrong: string[] = [];
  const values = Object.fromEntries(
    Object.entries(table).map(([key, s]) => [key, readSetting(s as Setting<unknown>, env, wrong)]),
  ) as Values;
  if (wrong.length > 0) throw new WrongSettings(wrong.join("\n"));
  return Object.freeze(withDerived(values, env, uid));
}

/** BERTH_* variables that no setting has: most likely misspelt. */
export function unknownSettings(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = new Set<string>(Object.values(table).map((s) => s.variable));
  return Object.keys(env)
    .filter((name) => name.startsWith("BERTH_") && !known.has(name))
    .sort();
}

/** The documentation page of all settings, in Markdown. */
export function settingsPage(): string {
  const rows = Object.values(table).map((row) => {
    const s = row as Setting<unknown>;
    return `| \`${s.variable}\` | ${s.fallbackText ?? `\`${s.fallback}\``} | ${s.meaning} It is ${s.rule.replaceAll("|", "\\|")}. |`;
  });
  return [...pageHead, "| Variable | When not set | Meaning |", "|---|---|---|", ...rows, ""].join("\n");
}

const pageHead = [
  "# Settings",
  "",
  "Berth is configured by environment variables. They are checked at the start: a wrong value stops it with a sentence",
  "that names the variable, the value and the rule. This page is generated from `app/foundation/config.server.ts` by",
  "`node app/setup/settings-page.ts`.",
  "",
];

function readSetting(s: Setting<unknown>, env: Readonly<Record<string, string | undefined>>, wrong: string[]): unknown {
  const text = env[s.variable]?.trim() || s.fallback;
  if (text === null) return null;
  const found = characterFault(text);
  if (found && found.fault !== "invisible") {
    wrong.push(`${s.variable} contains the control character ${found.character}: remove it.`);
    return null;
  }
  const read = s.schema.safeParse(text);
  if (read.success) return read.data;
  wrong.push(`${s.variable} is ${s.secret ? "not valid" : `"${text}"`}: it must be ${s.rule}${because(s, text)}.`);
  return null;
}

function withDerived(v: Values, env: Readonly<Record<string, string | undefined>>, uid: number): Config {
  const places = berthPaths(env, uid);
  const home = v.home ?? places.home;
  const checked = { ...v, cache: v.cache ?? places.cache } as Config;
  return {
    ...checked,
    home,
    maxOperationsPerTenant: v.maxOperationsPerTenant ?? checked.maxOperations,
    listen: v.listen ?? { kind: "tcp", host: checked.address, port: checked.port },
    trustedProxies: v.trustedProxies ?? [],
    publicUrl: v.publicUrl ?? `http://127.0.0.1:${checked.port}`,
    database: v.database ?? { kind: "sqlite", path: join(home, "berth.sqlite") },
    secretKeyFile: v.secretKeyFile ?? join(home, "keys", "master.key"),
  };
}

function because(s: Setting<unknown>, text: string): string {
  const reason = s.secret ? null : (s.reason?.(text) ?? null);
  return reason === null ? "" : `; ${reason}`;
}
