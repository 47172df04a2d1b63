/**
 * The sentences that Berth itself writes into an operation's journal, a teardown's receipt and the state of set-up. They
 * are stored, printed and answered in English; whoever shows them to a person recognises them here and says them in that
 * person's language. What is not recognised (words of the engine, sentences of older versions) is shown as it stands.
 *
 * A sentence that is worded anew is no longer recognised where an older version wrote it: that one is shown in English.
 */

/** `{{name}}` stands for a value; what it can be is told by {@link values}. */
export const sentences = {
  // An operation that lost its holder, and what it waits for.
  "taken-over": "took over: {{said}}",
  "holder-gone": "the process that ran it is gone",
  "handed-over": "handed over: Berth was stopped while it ran",
  "libvirt-away": "libvirt does not answer, or went away in the middle: {{said}}",
  "gave-up": "it was resumed {{times}} times without getting further, so it waits for a person",
  "waits-for-resume": "putting the stack in order waits for the resume: {{said}}",
  "waits-for-run": "putting the stack in order waits for the next run: {{said}}",
  restored: "restored from the backup of {{from}}: what was not over then was not carried on",

  // Why a stack cannot be put in order now.
  "in-the-way": "putting the stack in order: {{said}}",
  "state-locked": "its state is locked by {{holder}}",
  "libvirt-silent": "libvirt does not answer",
  "engine-missing": "the engine is not built yet",
  "not-settled": "settling what the interrupted run left: {{said}}",
  "state-torn": "the stack's state is not whole, and neither is any copy of it",
  "copy-too-old":
    "the stack's state is a copy of {{from}} that does not know {{names}}: nothing was touched. Tear the cluster down, or, where these machines are not wanted, remove them by hand (virsh destroy, virsh undefine --nvram): their disks go with the next run",
  "time-unknown": "an unknown time",

  // What was done to put it in order.
  "lock-removed": "removed the lock of a process that is gone",
  "processes-ended": "ended {{processes}} processes of the interrupted run",
  "run-awaited": "waited for the interrupted run to end",
  "state-whole": "the stack's state is whole",
  "state-anew": "the stack's first state was not whole: it begins anew, and what it had made is removed",
  "state-lost": "the stack's state and all copies of it are lost: what the cluster has on this host is found by its owner, and removed",
  "copy-taken": "the stack's newest state was not whole: its last good copy, of {{from}}, takes its place and is compared with what is there",
  "leftover-removed": "removed {{thing}}, which was begun and not recorded",
  "pool-opened": "made storage pool {{name}} usable again: a part of it was missing, and what is in it is to be removed",
  "removed-directly": "removed {{thing}} directly: the engine could not",
  "gone-already": "{{thing}} was gone already",
  "bridge-removed": "removed the bridge of network {{name}}: libvirt had ended while it started or stopped it",
  "nothing-on-host": "nothing of the cluster is on this host: its state begins anew",
  settled: "settled the steps that were under way",
  "disk-anew": "disk {{name}} is made again: it may not have been written to its end",
  "init-anew": "machine {{machine}} is made anew from its image: its init may have been cut off half way",
  "join-anew": "machine {{machine}} is made anew from its image: its join may have been cut off half way",

  // What is on the host.
  machine: "machine {{name}}",
  "machine-running": "machine {{name}} (running)",
  "machine-stopped": "machine {{name}} (stopped)",
  "machine-paused": "machine {{name}} (paused)",
  "machine-other": "machine {{name}} (other)",
  disk: "disk {{name}}",
  network: "network {{name}}",
  pool: "storage pool {{name}}",
  "as-recorded": "{{thing}} (as last recorded: libvirt does not answer)",

  // What a teardown looked for, and found or did not find.
  "no-machine": "libvirt lists no machine of this name that is the cluster's",
  "no-network": "libvirt lists no network of this name that is the cluster's",
  "no-pool": "libvirt lists no storage pool of this name that is the cluster's",
  "no-disk": "no storage pool of libvirt holds it",
  "gone-before": "was gone already when the teardown began",
  "still-listed": "libvirt still lists it",
  "no-path": "the path does not exist",
  "still-path": "the path still exists",
  "state-kept": "kept, because something of the cluster is still there",
  "state-removed": "{{files}} files and folders of the stack removed",
  "cluster-keys": "keys of the cluster",
  "no-secret": "the secret store has none",
  "address-free": "free for the next cluster",

  // While it runs, and how it ended.
  restarted: "{{machine}} is restarted while it boots: {{said}}",
  "switched-on": "{{machine}} is switched on again: it had gone off",
  "kernel-hangs": "its kernel hangs ({{line}})",
  "silent-for": "it has not answered for {{seconds}} s",
  "cancel-late": "the cancel came too late: everything was done already",
  "run-ended": "the run's process ended with code {{code}}",
  "run-ended-saying": "the run's process ended with code {{code}} ({{line}})",
  "run-killed": "the run's process was ended by {{signal}}",
  "run-killed-saying": "the run's process was ended by {{signal}} ({{line}})",
  "run-not-begun": "starting the run's process: {{line}}",
  "engine-killed": "running the engine: ended by {{signal}}",

  // What set-up came to, and why it chose as it did.
  "packages-there": "{{packages}} packages are installed",
  "pages-built": "pages are built",
  "engine-built": "the engine and both providers are built",
  "image-built": "the guest image is built",
  "images-built": "the guest image and the tiny test guest are built",
  "runs-on-kvm": "KVM: {{said}}",
  emulates: "emulation (slow: minutes where KVM takes seconds): {{said}}",
  "setting-is": "{{setting}} is {{choice}}",
  "no-virtualisation": "the processor offers no virtualisation (no vmx or svm flag)",
  probed: "the processor has {{flag}} and {{said}} under KVM",
  "probe-booted": "a probe machine booted",
  "probe-slow": "a probe machine did not boot within {{seconds}} s",
  "probe-not-begun": "a probe machine did not start: {{line}}",
  "qemu-missing": "QEMU is not installed",
  "system-libvirt": "this machine's libvirt {{version}} with QEMU {{qemu}} ({{said}})",
  "own-libvirt": "Berth's own libvirt {{version}} with QEMU {{qemu}} ({{said}})",
  "libvirt-runs": "a system libvirt runs on this machine",
  "systemd-runs": "systemd runs on this machine and starts its libvirt",
  "nothing-runs": "neither systemd nor a system libvirt runs on this machine",
  "no-reaper": "process 1 does not take away ended processes, which makes libvirt slow: start the container with an init (docker run --init, init: true in a compose file)",
} as const;

export type SentenceName = keyof typeof sentences;

type ValuesIn<Text extends string> = Text extends `${string}{{${infer Name}}}${infer Rest}` ? Name | ValuesIn<Rest> : never;
export type ValueName = ValuesIn<(typeof sentences)[SentenceName]>;

/** How each value is written. `said`, `thing` and `from` may be sentences of this list themselves. */
const values: Readonly<Record<ValueName, string>> = {
  machine: "\\S+",
  name: "\\S+",
  /** When a copy or backup was made. */
  from: "an unknown time|\\S+",
  signal: "\\S+",
  code: "\\S+",
  times: "\\d+",
  processes: "\\d+",
  seconds: "\\d+",
  files: "\\d+",
  packages: "\\d+",
  setting: "BERTH_\\w+",
  choice: "\\S+",
  flag: "vmx|svm",
  version: "\\S+",
  qemu: "\\S+",
  thing: "(?:machine|disk|network|storage pool) \\S+",
  names: ".+",
  holder: ".+",
  line: ".+",
  said: ".+",
};

/** Whether a value of this name may be a sentence of Berth's again. */
export const isSentence = (name: string): boolean => name === "said" || name === "thing" || name === "from";

type ValuesOf<Word extends SentenceName> = Readonly<Record<ValuesIn<(typeof sentences)[Word]>, string | number>>;
/** A word without values takes none. */
type Given<Word extends SentenceName> = [ValuesIn<(typeof sentences)[Word]>] extends [never] ? [] : [given: ValuesOf<Word>];

/** The sentence as the journal holds it. */
export function sentenceOf<Word extends SentenceName>(word: Word, ...given: Given<Word>): string {
  const known: Readonly<Record<string, string | number>> = given[0] ?? {};
  return sentences[word].replace(/\{\{(\w+)\}\}/g, (mark, name: string) => String(known[name] ?? mark));
}

export interface Recognised {
  readonly word: SentenceName;
  readonly values: Readonly<Record<string, string>>;
}

const isValueName = (text: string): text is ValueName => Object.hasOwn(values, text);
const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function patternOf(sentence: string): RegExp {
  // Every other part is a value's name.
  const parts = sentence.split(/\{\{(\w+)\}\}/).map((part, i) => (i % 2 === 1 && isValueName(part) ? `(?<${part}>${values[part]})` : literally(part)));
  return new RegExp(`^${parts.join("")}$`, "s");
}

const isWord = (text: string): text is SentenceName => Object.hasOwn(sentences, text);
export const sentenceNames: readonly SentenceName[] = Object.keys(sentences).filter(isWord);
const patterns = sentenceNames.map((word) => ({ word, pattern: patternOf(sentences[word]) }));

/** The inverse of {@link sentenceOf}; null for what is no sentence of this list, or more than one. */
export function recognise(text: string): Recognised | null {
  for (const { word, pattern } of patterns) {
    const match = pattern.exec(text);
    if (match !== null) return { word, values: { ...match.groups } };
  }
  return null;
}

/** Between sentences that make up one reason. */
export const joint = "; ";
