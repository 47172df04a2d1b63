/**
 * The English sentences that versions before schema step 0017 stored, and the message that each is now. Used once, by that
 * step; nothing here changes any more.
 */
import { type Thing, things } from "#app/domain/message/codes.ts";
import { type Message, message, reported } from "#app/domain/message/message.ts";

type Values = Readonly<Record<string, string>>;
type Read = (values: Values) => readonly Message[];

const value = (values: Values, name: string): string => values[name] ?? "";
const time = (text: string): string => (text === "an unknown time" || text === "nothing" ? "" : text);

const wordsOfThings: Readonly<Record<string, Thing>> = {
  "storage pool": "pool",
  ...Object.fromEntries(things.map((thing) => [thing, thing])),
};

/** `storage pool b5demo`. */
function thingIn(text: string): { readonly what: Thing; readonly name: string } {
  const [, word = "", name = ""] = /^(storage pool|\S+) (.*)$/s.exec(text) ?? [];
  return { what: wordsOfThings[word] ?? "file", name };
}

const plain =
  (code: Parameters<typeof message>[0]): Read =>
  () => [{ code, params: {} }];
const named =
  (code: Parameters<typeof message>[0], ...names: readonly string[]): Read =>
  (values) => [{ code, params: Object.fromEntries(names.map((name) => [name, value(values, name)])) }];
const counted =
  (code: Parameters<typeof message>[0], from: string, to: string): Read =>
  (values) => [{ code, params: { [to]: Number(value(values, from)) } }];
/** The rest of the sentence was a sentence itself. */
const followed =
  (code: Parameters<typeof message>[0]): Read =>
  ({ said = "" }) => [{ code, params: {} }, ...readSentences(said)];
const ofThing =
  (code: Parameters<typeof message>[0]): Read =>
  (values) => [{ code, params: { ...thingIn(value(values, "thing")) } }];

const lifecycle: Readonly<Record<string, Read>> = {
  "took over: {{said}}": plain("took-over"),
  "the process that ran it is gone": plain("holder-gone"),
  "handed over: Berth was stopped while it ran": plain("handed-over"),
  "libvirt does not answer, or went away in the middle: {{said}}": followed("libvirt-away"),
  "it was resumed {{times}} times without getting further, so it waits for a person": counted("gave-up", "times", "times"),
  "putting the stack in order waits for the resume: {{said}}": followed("recovery-on-resume"),
  "putting the stack in order waits for the next run: {{said}}": followed("recovery-on-next-run"),
  "restored from the backup of {{from}}: what was not over then was not carried on": named("restored", "from"),
  "putting the stack in order: {{said}}": ({ said = "" }) => readSentences(said),
  "its state is locked by {{holder}}": named("state-locked", "holder"),
  "libvirt does not answer": plain("libvirt-silent"),
  "the engine is not built yet": plain("engine-missing"),
  "settling what the interrupted run left: {{said}}": followed("not-settled"),
  "the stack's state is not whole, and neither is any copy of it": plain("state-torn"),
  "the stack's state is a copy of {{from}} that does not know {{names}}: nothing was touched. Tear the cluster down, or, where these machines are not wanted, remove them by hand (virsh destroy, virsh undefine --nvram): their disks go with the next run":
    ({ from = "", names = "" }) => [message("state-outdated", { from: time(from), names: names.split(", ") })],
};

const recovery: Readonly<Record<string, Read>> = {
  "removed the lock of a process that is gone": plain("lock-removed"),
  "ended {{processes}} processes of the interrupted run": counted("processes-ended", "processes", "count"),
  "waited for the interrupted run to end": plain("run-awaited"),
  "the stack's state is whole": plain("state-whole"),
  "the stack's first state was not whole: it begins anew, and what it had made is removed": plain("state-reset"),
  "the stack's state and all copies of it are lost: what the cluster has on this host is found by its owner, and removed":
    plain("state-lost"),
  "the stack's newest state was not whole: its last good copy, of {{from}}, takes its place and is compared with what is there": ({
    from = "",
  }) => [message("copy-taken", { from: time(from) })],
  "removed {{thing}}, which was begun and not recorded": ofThing("leftover-removed"),
  "made storage pool {{name}} usable again: a part of it was missing, and what is in it is to be removed": named("pool-opened", "name"),
  "removed {{thing}} directly: the engine could not": ofThing("removed-directly"),
  "{{thing}} was gone already": ofThing("gone-already"),
  "removed the bridge of network {{name}}: libvirt had ended while it started or stopped it": named("bridge-removed", "name"),
  "nothing of the cluster is on this host: its state begins anew": plain("nothing-on-host"),
  "settled the steps that were under way": plain("settled"),
  "disk {{name}} is made again: it may not have been written to its end": named("disk-recreated", "name"),
  "machine {{machine}} is made anew from its image: its init may have been cut off half way": named("recreated-after-init", "machine"),
  "machine {{machine}} is made anew from its image: its join may have been cut off half way": named("recreated-after-join", "machine"),
  "machine {{name}} (running)": named("machine-running", "name"),
  "machine {{name}} (stopped)": named("machine-stopped", "name"),
  "machine {{name}} (paused)": named("machine-paused", "name"),
  "machine {{name}} (other)": named("machine-other", "name"),
  "{{thing}} (as last recorded: libvirt does not answer)": ofThing("as-recorded"),
  "{{thing}}": ofThing("thing"),
};

const receipts: Readonly<Record<string, Read>> = {
  "libvirt lists no machine of this name that is the cluster's": plain("no-machine"),
  "libvirt lists no network of this name that is the cluster's": plain("no-network"),
  "libvirt lists no storage pool of this name that is the cluster's": plain("no-pool"),
  "no storage pool of libvirt holds it": plain("no-disk"),
  "was gone already when the teardown began": plain("gone-before"),
  "libvirt still lists it": plain("still-listed"),
  "the path does not exist": plain("no-path"),
  "the path still exists": plain("still-path"),
  "kept, because something of the cluster is still there": plain("state-kept"),
  "{{files}} files and folders of the stack removed": counted("state-removed", "files", "count"),
  "the secret store has none": plain("no-secret"),
  "free for the next cluster": plain("address-free"),
};

const runs: Readonly<Record<string, Read>> = {
  "{{machine}} is restarted while it boots: its kernel hangs ({{line}})": named("restarted-hung", "machine", "line"),
  "{{machine}} is restarted while it boots: it has not answered for {{seconds}} s": ({ machine = "", seconds }) => [
    message("restarted-silent", { machine, seconds: Number(seconds) }),
  ],
  "{{machine}} is switched on again: it had gone off": named("switched-on", "machine"),
  "the cancel came too late: everything was done already": plain("cancel-late"),
  "the run's process ended with code {{code}}": named("run-ended", "code"),
  "the run's process ended with code {{code}} ({{line}})": named("run-ended-saying", "code", "line"),
  "the run's process was ended by {{signal}}": named("run-killed", "signal"),
  "the run's process was ended by {{signal}} ({{line}})": named("run-killed-saying", "signal", "line"),
  "the run's process was ended by {{signal}}: the kernel was out of memory": (values) => [
    ...named("run-killed", "signal")(values),
    message("kernel-out-of-memory"),
  ],
  "starting the run's process: {{line}}": named("run-not-started", "line"),
  "running the engine: ended by {{signal}}": named("engine-killed", "signal"),
};

const failures: Readonly<Record<string, Read>> = {
  "the cluster is gone": plain("cluster-gone"),
  "no approved plan belongs to this operation": plain("plan-missing"),
  "the plan is out of date: {{said}}": ({ said = "" }) => readSentences(said),
  "revision {{live}} is live, the plan starts from {{then}}": ({ live, then }) => [
    message("plan-from-other-revision", { live: Number(live), planned: Number(then) }),
  ],
  "revision {{live}} was written, the plan is for {{then}}": ({ live, then }) => [
    message("plan-for-other-revision", { newest: Number(live), planned: Number(then) }),
  ],
  "the cluster was changed since (state {{then}}, now {{live}})": ({ live, then }) => [
    message("plan-of-other-state", { now: Number(live), planned: Number(then) }),
  ],
  "the plan does not fit this host: {{said}}": ({ said = "" }) => readSentences(said),
  "memory: {{needed}} MiB needed, {{free}} MiB available": shortage("not-enough-memory"),
  "vcpus: {{needed}} vCPU needed, {{free}} vCPU available": shortage("not-enough-vcpus"),
  "disk: {{needed}} GiB needed, {{free}} GiB available": shortage("not-enough-disk"),
  "addresses: {{needed}} machines needed, {{free}} machines available": shortage("not-enough-addresses"),
  "the cluster's spec or its keys are not there any more": plain("spec-or-keys-missing"),
  "the image {{image}} is not ready": named("image-not-ready", "image"),
  "the image {{image}} is still being made": named("image-being-built", "image"),
  "after teardown there is still: {{said}}": ({ said = "" }) =>
    said.split(", ").map((thing) => message("left-after-teardown", thingIn(thing))),
  "the engine of this run used {{used}} MiB of memory, and may use {{limit}} MiB": ({ used, limit }) => [
    message("engine-memory", { used: Number(used), limit: Number(limit) }),
  ],
  "the engine hangs: {{names}} has been stopped for {{seconds}} s": ({ names = "", seconds }) => [
    message("engine-stopped", { processes: names.split(" and "), seconds: Number(seconds) }),
  ],
  "the engine hangs: its process has not answered for {{seconds}} s": counted("engine-silent", "seconds", "seconds"),
  "the engine hangs: no event for {{seconds}} s": counted("engine-idle", "seconds", "seconds"),
  "{{step}} has not ended within the {{seconds}} s that a step of this phase may take": ({ step = "", seconds }) => [
    message("step-over-budget", { step, seconds: Number(seconds) }),
  ],
  "{{machine}} was not up within {{seconds}} s: its serial console has shown the lines below": ({ machine = "", seconds }) => [
    message("not-up", { machine, seconds: Number(seconds) }),
  ],
  "{{machine}} was not up within {{seconds}} s: its serial console has shown nothing": ({ machine = "", seconds }) => [
    message("not-up-silent", { machine, seconds: Number(seconds) }),
  ],
  "{{machine}} is off: its QEMU ended, or somebody switched it off, while {{step}} was under way": named("machine-off", "machine", "step"),
  "the first boot of {{machine}} failed, its seed disk could not be used: {{reason}}": named("first-boot-seed", "machine", "reason"),
  "the first boot of {{machine}} failed, its system stopped in emergency mode: {{reason}}": named(
    "first-boot-emergency",
    "machine",
    "reason",
  ),
  "the first boot of {{machine}} failed, its root disk was not found: {{reason}}": named("first-boot-root-disk", "machine", "reason"),
};

/** These contain the joint. */
const wholes: Readonly<Record<string, Read>> = {
  "the host is not as revision {{live}} was written for: no longer {{mark}}; look again, and discard that revision if nobody wants it": ({
    live,
    mark = "",
  }) => {
    const [id = "", ...found] = mark.split("=");
    return [message("adopted-drift-gone", { revision: Number(live), id, found: found.join("=") })];
  },
  "the host is not as the plan found it: {{said}}": ({ said = "" }) => [
    message("drift-moved", { over: marksIn(said, "no longer "), fresh: marksIn(said, "new ") }),
  ],
};

const obstacles: Readonly<Record<string, Read>> = {
  "the address range {{range}} is in use on the libvirt host: {{device}} has {{found}}": named(
    "address-conflict",
    "range",
    "device",
    "found",
  ),
  "the libvirt host has a network device {{bridge}} that is not the cluster's": named("bridge-taken", "bridge"),
  "the cluster's name service cannot listen at {{address}}: {{holder}} does": named("dns-port-taken", "address", "holder"),
  "port {{port}}, where a machine is to be published, is taken by {{holder}}": named("port-taken", "port", "holder"),
  "libvirt has a machine {{name}} that is not the cluster's": named("foreign-machine", "name"),
  "libvirt has a network {{name}} that is not the cluster's": named("foreign-network", "name"),
  "libvirt has a storage pool {{name}} that is not the cluster's, in {{folder}}": named("foreign-pool", "name", "folder"),
  "the disk that holds {{folder}} has {{free}} MiB left, and new machines need {{needed}} MiB at once": named(
    "disk-full",
    "folder",
    "free",
    "needed",
  ),
  "the disk that holds {{folder}} has room for {{free}} more files only": named("inodes-used-up", "folder", "free"),
  "IP forwarding is switched off on the libvirt host (net.ipv4.ip_forward), so the machines on {{bridge}} cannot reach anything outside":
    named("ip-forwarding-off", "bridge"),
  "the host's firewall drops what the cluster's machines send out: the policy of the chain {{chain}} is drop, and libvirt's rules cannot override it; it has to accept what comes from {{bridge}}":
    named("forwarding-dropped", "chain", "bridge"),
  "libvirt confines machines with AppArmor and cannot start one without what is missing: {{missing}}": named(
    "confinement-incomplete",
    "missing",
  ),
};

function shortage(code: "not-enough-memory" | "not-enough-vcpus" | "not-enough-disk" | "not-enough-addresses"): Read {
  return ({ needed, free }) => [message(code, { needed: Number(needed), available: Number(free) })];
}

const marksIn = (text: string, word: string): readonly string[] =>
  text.split("; ").flatMap((part) => (part.startsWith(word) ? [part.slice(word.length)] : []));

/** How each value was written; every other is one word. */
const forms: Readonly<Record<string, string>> = {
  from: "an unknown time|nothing|\\S+",
  ...Object.fromEntries(
    ["times", "processes", "seconds", "files", "live", "then", "needed", "free", "used", "limit"].map((name) => [name, "\\d+"]),
  ),
  ...Object.fromEntries(["names", "holder", "line", "said", "mark", "reason", "chain", "folder", "missing"].map((name) => [name, ".+"])),
  thing: "(?:machine|disk|network|storage pool) \\S+",
};

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function patternOf(sentence: string): RegExp {
  // Every other part is a value's name.
  const parts = sentence.split(/\{\{(\w+)\}\}/).map((part, i) => (i % 2 === 1 ? `(?<${part}>${forms[part] ?? "\\S+"})` : literally(part)));
  return new RegExp(`^${parts.join("")}$`, "s");
}

const patternsOf = (table: Readonly<Record<string, Read>>) =>
  Object.entries(table).map(([sentence, read]) => ({ pattern: patternOf(sentence), read }));
const known = patternsOf({ ...lifecycle, ...recovery, ...receipts, ...runs, ...failures, ...obstacles });
const knownWholes = patternsOf(wholes);

/** For tests. */
export const knownSentences: readonly string[] = Object.keys({
  ...lifecycle,
  ...recovery,
  ...receipts,
  ...runs,
  ...failures,
  ...wholes,
  ...obstacles,
});

/** Stands between the sentences of one reason. */
const joint = "; ";
/** At most four made up one reason. What falls into more pieces is somebody else's long text. */
const mostPieces = 8;

/** One stored text as messages; what is not Berth's is reported as it is. */
export function readSentences(text: string): readonly Message[] {
  const whole = readOne(text, knownWholes);
  if (whole !== null) return whole;
  const pieces = text.split(joint);
  return pieces.length > mostPieces ? [reported(text)] : readPieces(pieces);
}

function readOne(text: string, table = known): readonly Message[] | null {
  for (const { pattern, read } of table) {
    const match = pattern.exec(text);
    if (match !== null) return read({ ...match.groups });
  }
  return null;
}

/** A sentence may contain the joint itself, in words of others: the shortest run of pieces that is known is one. */
function readPieces(pieces: readonly string[]): readonly Message[] {
  if (pieces.length === 0) return [];
  for (let taken = 1; taken <= pieces.length; taken++) {
    const read = readOne(pieces.slice(0, taken).join(joint));
    if (read !== null) return [...read, ...readPieces(pieces.slice(taken))];
  }
  const rest = readPieces(pieces.slice(1));
  const [next, ...others] = rest;
  // Neighbouring pieces of somebody else's are one text.
  return next?.code === "reported"
    ? [reported(`${pieces[0]}${joint}${String(next.params.text)}`), ...others]
    : [reported(pieces[0] ?? ""), ...rest];
}
