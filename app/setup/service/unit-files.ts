/** The files that make Berth a service of this machine, as text: pure. */
import { join } from "node:path";
import { ownNode, pathWithOwnNode } from "#app/setup/packages/own-node.mjs";

export interface ServiceRequest {
  /** Root-owned copy of the work tree. */
  readonly tree: string;
  readonly home: string;
  readonly cache: string;
  readonly settingsFile: string;
  readonly mode: "system" | "private";
  readonly drainSeconds: number;
}

/** First line of every file that is written: a file without it belongs to somebody else. */
export const serviceMark = "# Written by `berth service install`; `berth service uninstall` removes it.";

const defaultHome = "/var/lib/berth";
const defaultCache = "/var/cache/berth";

/** Longer than the launcher lets the portal take to let its operations end or hand them over. */
const stopSeconds = (drainSeconds: number): number => 15 + drainSeconds + 40;

export const renderUnit = (w: ServiceRequest): string => `${serviceMark}
[Unit]
Description=Berth, self-service Kubernetes clusters
Documentation=file://${w.tree}/README.md
Wants=network-online.target libvirtd.socket
# After libvirt-guests: at a shutdown Berth stops before the machines do, and takes none of them for broken.
After=network-online.target libvirtd.service libvirtd.socket virtlogd.socket systemd-machined.service libvirt-guests.service postgresql.service
RequiresMountsFor=${w.tree} ${w.home} ${w.cache}

[Service]
Type=exec
WorkingDirectory=${w.tree}
Environment=HOME=/root
Environment=PATH=${pathWithOwnNode(w.tree, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")}
Environment=BERTH_HOME=${w.home}
Environment=BERTH_CACHE=${w.cache}
EnvironmentFile=-${w.settingsFile}
ExecStart=${ownNode(w.tree)} app/setup/launcher/launch.ts
# A libvirt of Berth's own and its machines live in the unit's control group, and outlive the portal.
KillMode=${w.mode === "system" ? "mixed" : "process"}
TimeoutStopSec=${stopSeconds(w.drainSeconds)}
Restart=on-failure
RestartSec=5
# A wrong setting or a taken port: starting again changes nothing.
RestartPreventExitStatus=2
# An operation that runs out of memory must not take the portal with it.
OOMPolicy=continue
${w.home === defaultHome ? "StateDirectory=berth\nStateDirectoryMode=0711\n" : ""}${w.cache === defaultCache ? "CacheDirectory=berth\nCacheDirectoryMode=0755\n" : ""}
[Install]
WantedBy=multi-user.target
`;

/** What `Environment=` lines of a unit that `renderUnit` wrote set. */
export function parseUnitEnvironment(unit: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...unit.matchAll(/^Environment=([A-Z0-9_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

/** Without this libvirt may end before its guests are shut down, which cuts their power. */
export const renderGuestsOrder = (): string => `${serviceMark}
[Unit]
After=libvirtd.service
`;

/** `berth` for everybody on this machine, on Berth's own Node.js. */
export const renderCommand = ({ tree, home, cache, settingsFile }: ServiceRequest): string => `#!/bin/sh
${serviceMark}
: "\${BERTH_HOME:=${home}}" "\${BERTH_CACHE:=${cache}}"
export BERTH_HOME BERTH_CACHE
if [ -r ${settingsFile} ]; then
  set -a
  . ${settingsFile}
  set +a
fi
exec ${ownNode(tree)} ${join(tree, "app", "cli", "main.ts")} "$@"
`;

/** What belongs to one person's command line, and what the launcher decides. */
const notForService = new Set(["BERTH_URL", "BERTH_TOKEN", "BERTH_TENANT", "BERTH_LISTEN", "BERTH_HOME", "BERTH_CACHE"]);

/** The service's settings: those of this environment over those that the file has already. */
export function serviceSettings(
  env: Readonly<Record<string, string | undefined>>,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const given = Object.entries(env).flatMap(([name, value]) =>
    isSetting(name) && value !== undefined && value !== "" ? [[name, value] as const] : [],
  );
  return { ...before, ...Object.fromEntries(given) };
}

const isSetting = (name: string): boolean => /^BERTH_[A-Z0-9_]+$/.test(name) && !notForService.has(name);

/** A file that systemd and a shell read alike. Throws when a value has more than one line. */
export function renderSettings(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of lines)
    if (/[\n\r\0]/.test(value)) throw new Error(`${name} has more than one line, which a service's settings cannot hold`);
  const quoted = (value: string): string => `"${value.replace(/["\\$`]/g, "\\$&")}"`;
  return [
    serviceMark,
    "# Settings of Berth: see docs/settings.md. After a change: systemctl restart berth",
    ...lines.map(([name, value]) => `${name}=${quoted(value)}`),
    "",
  ].join("\n");
}

/** Reads what `renderSettings` wrote, and lines a person added in the same form. */
export function parseSettings(text: string): Readonly<Record<string, string>> {
  const lines = text.split("\n").map((line) => /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line));
  return Object.fromEntries(
    lines.flatMap((found) => (found === null ? [] : [[found[1] ?? "", unquoted((found[2] ?? "").trim())] as const])),
  );
}

function unquoted(text: string): string {
  const double = /^"((?:[^"\\]|\\.)*)"$/.exec(text);
  if (double !== null) return (double[1] ?? "").replace(/\\(["\\$`])/g, "$1");
  const single = /^'([^']*)'$/.exec(text);
  return single?.[1] ?? text;
}
