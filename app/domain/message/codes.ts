/**
 * Everything that Berth itself has to say and stores: one code per message, with the parameters that its text needs. The
 * texts are in `app/messages/<locale>/messages.ts`. A code that has shipped keeps its meaning and its parameters, because
 * journals hold it for ever; a new text needs no new code.
 */

/** What belongs to a cluster and can be left over. */
export const things = ["machine", "disk", "network", "pool", "file", "state", "secret", "address"] as const;
export type Thing = (typeof things)[number];

/** How a parameter is written into the text. */
export interface ParamTypes {
  readonly text: string;
  readonly number: number;
  /** Separated by commas. */
  readonly texts: readonly string[];
  /** ISO 8601; empty: not known. */
  readonly time: string;
  /** Kind of a thing, named in the reader's language. */
  readonly thing: Thing;
}

/** Something on the libvirt host that is in the way of a plan. */
export const obstacleParams = {
  "address-conflict": { range: "text", found: "text", device: "text" },
  "bridge-taken": { bridge: "text" },
  "dns-port-taken": { address: "text", holder: "text" },
  "port-taken": { port: "text", holder: "text" },
  "foreign-machine": { name: "text" },
  "foreign-network": { name: "text" },
  "foreign-pool": { name: "text", folder: "text" },
  "disk-full": { folder: "text", needed: "text", free: "text" },
  "inodes-used-up": { folder: "text", free: "text" },
  "ip-forwarding-off": { bridge: "text" },
  "forwarding-dropped": { chain: "text", bridge: "text" },
  "confinement-incomplete": { missing: "text" },
} as const satisfies Params;

export const messageParams = {
  /** What a program of others printed, or an error of a library: never translated. */
  reported: { text: "text" },

  // Why an operation waits, or continues.
  "took-over": {},
  "holder-gone": {},
  "handed-over": {},
  "libvirt-away": {},
  "gave-up": { times: "number" },
  "recovery-on-resume": {},
  "recovery-on-next-run": {},
  restored: { from: "time" },

  // Why a stack cannot be recovered now.
  "state-locked": { holder: "text" },
  "libvirt-silent": {},
  "engine-missing": {},
  "not-settled": {},
  "state-torn": {},
  "state-unreadable": {},
  "state-outdated": { from: "time", names: "texts" },

  // What recovery did.
  "lock-removed": {},
  "processes-ended": { count: "number" },
  "run-awaited": {},
  "state-whole": {},
  "state-reset": {},
  "state-lost": {},
  "copy-taken": { from: "time" },
  "leftover-removed": { what: "thing", name: "text" },
  "pool-opened": { name: "text" },
  "removed-directly": { what: "thing", name: "text" },
  "gone-already": { what: "thing", name: "text" },
  "bridge-removed": { name: "text" },
  "nothing-on-host": {},
  settled: {},
  "disk-recreated": { name: "text" },
  "recreated-after-init": { machine: "text" },
  "recreated-after-join": { machine: "text" },

  // What is on the host.
  thing: { what: "thing", name: "text" },
  "machine-running": { name: "text" },
  "machine-stopped": { name: "text" },
  "machine-paused": { name: "text" },
  "machine-other": { name: "text" },
  "as-recorded": { what: "thing", name: "text" },

  // What a teardown looked for, and found or did not find.
  "no-machine": {},
  "no-network": {},
  "no-pool": {},
  "no-disk": {},
  "gone-before": {},
  "still-listed": {},
  "no-path": {},
  "still-path": {},
  "state-kept": {},
  "state-removed": { count: "number" },
  "no-secret": {},
  "address-free": {},

  // While a run continues, and how it ended.
  "restarted-hung": { machine: "text", line: "text" },
  "restarted-silent": { machine: "text", seconds: "number" },
  "switched-on": { machine: "text" },
  "cancel-late": {},
  "run-ended": { code: "text" },
  "run-ended-saying": { code: "text", line: "text" },
  "run-killed": { signal: "text" },
  "run-killed-saying": { signal: "text", line: "text" },
  "run-not-started": { line: "text" },
  "engine-killed": { signal: "text" },
  "kernel-out-of-memory": {},

  // Why an operation failed, beside its cause.
  "cluster-gone": {},
  "plan-missing": {},
  "plan-from-other-revision": { live: "number", planned: "number" },
  "plan-for-other-revision": { newest: "number", planned: "number" },
  "plan-of-other-state": { now: "number", planned: "number" },
  "not-enough-memory": { needed: "number", available: "number" },
  "not-enough-vcpus": { needed: "number", available: "number" },
  "not-enough-disk": { needed: "number", available: "number" },
  "not-enough-addresses": { needed: "number", available: "number" },
  "adopted-drift-gone": { revision: "number", id: "text", found: "text" },
  "drift-moved": { over: "texts", fresh: "texts" },
  "spec-or-keys-missing": {},
  "revision-missing": { revision: "number" },
  "image-not-ready": { image: "text" },
  "image-being-built": { image: "text" },
  "left-after-teardown": { what: "thing", name: "text" },
  "state-still-owns": { count: "number" },
  "uncordon-without-access": { node: "text" },
  "engine-memory": { used: "number", limit: "number" },
  "engine-stopped": { processes: "texts", seconds: "number" },
  "engine-silent": { seconds: "number" },
  "engine-idle": { seconds: "number" },
  "step-over-budget": { step: "text", seconds: "number" },
  "not-up": { machine: "text", seconds: "number" },
  "not-up-silent": { machine: "text", seconds: "number" },
  "machine-off": { machine: "text", step: "text" },
  "first-boot-seed": { machine: "text", reason: "text" },
  "first-boot-emergency": { machine: "text", reason: "text" },
  "first-boot-root-disk": { machine: "text", reason: "text" },
  ...obstacleParams,

  // What was being done when something was in the way; the reason follows.
  "asking-libvirt": { uri: "text", command: "text" },
  "asking-api-server": { address: "text" },
  "reading-host-network": { command: "text" },
  "restarting-libvirt": {},
  "removing-bridge": { bridge: "text", network: "text" },
  "removing-bridge-rules": { bridge: "text" },
  "restoring-rules": { network: "text" },
  "plugging-in": { machine: "text", network: "text" },
  "asking-own-libvirt": { command: "text" },
  "making-namespaces": {},
  "making-account": { account: "text" },
  "starting-program": { program: "text" },
  "last-attempt": {},
  "log-ends-with": {},
  "listening-on": { address: "text" },
  "reading-package-lists": {},
  "installing-packages": {},
  "building-pages": {},
  "handing-over-pages": {},

  // The reason: how a program ended, or what was answered.
  "no-answer": { seconds: "number" },
  "program-missing": { program: "text" },
  "program-refused": { program: "text", code: "text" },
  "program-not-started": { program: "text" },
  "program-killed": { program: "text", signal: "text" },
  "exit-code": { code: "number" },
  "stopped-early": {},
  "program-ended": { program: "text", code: "number" },
  "answered-with": { status: "number" },
  "answer-too-long": {},
  "answer-not-nodes": {},
  "answer-not-leases": {},
  "units-inactive": { units: "texts" },
  "no-process-in": { file: "text" },
  "outlived-kill": { pid: "number" },
  "daemon-not-ours": {},
  "rules-still-missing": { seconds: "number" },
  "ended-early": {},
  "log-empty": {},
  "libvirtd-unanswering": { minutes: "number" },
  "own-libvirt-gone": { folder: "text" },
  "release-unknown": {},
  "no-source-for-release": { release: "text" },
  "address-in-use": {},
  "choose-port": { setting: "text" },
  "administrator-can-run": { command: "text" },

  // What a check of set-up found missing.
  "packages-missing": { names: "texts" },
  "pages-not-built": {},
  "engine-not-built": {},
  "image-not-built": {},
  "tiny-guest-not-built": {},
  "own-libvirt-not-running": {},
  "libvirt-needs-root": {},

  // What a person can do about it.
  "run-command": { command: "text" },
  "enable-virtualisation": { setting: "text" },

  // What set-up came to, and why it chose as it did.
  "packages-installed": { count: "number" },
  "pages-built": {},
  "engine-built": {},
  "image-built": {},
  "images-built": {},

  // Where the programs of a part came from: `part` is a name like kubernetes or pulumi-cli.
  "part-released": { part: "text", version: "text", url: "text" },
  "parts-released": { names: "texts" },
  "parts-compiled": { names: "texts" },
  "releases-off": { part: "text", version: "text", setting: "text" },
  "part-own-program": { part: "text", version: "text" },
  "part-no-checksum": { part: "text", version: "text" },
  "part-not-pinned": { part: "text", version: "text" },
  "release-silent": { part: "text", version: "text", url: "text", seconds: "number" },
  "release-stalled": { part: "text", version: "text", url: "text", seconds: "number", bytes: "number" },
  "release-refused": { part: "text", version: "text", url: "text", status: "text" },
  "release-broken": { part: "text", version: "text", url: "text", reported: "text" },
  "release-absent": { part: "text", version: "text", url: "text" },
  "release-checksum": { part: "text", version: "text", url: "text", found: "text", expected: "text" },
  "release-without-program": { part: "text", version: "text", url: "text", program: "text" },

  "runs-on-kvm": {},
  "runs-emulated": {},
  "setting-is": { setting: "text", choice: "text" },
  "no-virtualisation": {},
  "processor-flag": { flag: "text" },
  "probe-booted": {},
  "probe-slow": { seconds: "number" },
  "probe-not-started": { line: "text" },
  "qemu-missing": {},
  "system-libvirt": { version: "text", qemu: "text" },
  "own-libvirt": { version: "text", qemu: "text" },
  "own-libvirt-later": {},
  "libvirt-runs": {},
  "systemd-runs": {},
  "nothing-runs": {},
  "no-reaper": {},
  "step-without-reason": { log: "text" },
  "dpkg-missing": {},
  "root-needed": {},
} as const satisfies Params;

type Params = Readonly<Record<string, Readonly<Record<string, keyof ParamTypes>>>>;
