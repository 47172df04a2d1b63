/** From what was last seen of a run to a cause that a person understands and to the next thing to do. */
import { type Message, type MessageCode, reported, wordsIn } from "#app/domain/message/message.ts";
import type { StepRef } from "./event.ts";
import type { Failure, FailureCause, NextAction } from "./failure.ts";

export interface FailureSigns {
  /** The step that failed, if one had begun. */
  readonly step: StepRef | null;
  /** Scrubbed: what the error was. */
  readonly reasons: readonly Message[];
  /** Scrubbed last lines of that step or machine, oldest first. */
  readonly lastOutput: readonly string[];
  /** Another run holds the lock of the state. */
  readonly locked?: boolean;
  /** The engine's process ended without a result. */
  readonly crashed?: boolean;
  /** What is known already and needs no reading of messages. */
  readonly known?: FailureCause;
}

const outputLimit = 20;
const messageLimit = 500;

export function classifyFailure(signs: FailureSigns): Failure {
  const { step, lastOutput } = signs;
  const cause = causeOf(signs);
  const budget = cause === "disruption-budget" ? budgetLine(signs) : undefined;
  return {
    step: step?.name ?? null,
    machine: step?.machine ?? null,
    phase: step?.phase ?? null,
    cause,
    reasons: budget === undefined ? signs.reasons.flatMap(shortened) : [reported(firstSentence(budget))],
    lastOutput: lastOutput.slice(-outputLimit),
    next: nextOf[cause],
  };
}

/** Messages of Berth's that say the cause. */
const causesOfCodes: Readonly<Partial<Record<MessageCode, FailureCause>>> = {
  "libvirt-silent": "libvirt-unreachable",
  "engine-missing": "engine-missing",
  "state-locked": "state-locked",
  "state-torn": "state-torn",
  "state-outdated": "state-torn",
};

/** What others reported. The first that matches wins: from the certain to the likely. */
const patterns: readonly (readonly [FailureCause, RegExp])[] = [
  ["host-key-mismatch", /host key/i],
  ["out-of-files", /too many open files|\bE[MN]FILE\b/i],
  ["out-of-memory", /cannot (?:set up|allocate) (?:guest )?memory|out of memory|oom-kill|\bENOMEM\b/i],
  ["out-of-disk", /no space left on device|disk quota exceeded/i],
  // libvirt looks at the host's routes before it starts a network.
  ["subnet-in-use", /network is already in use by interface|Network .*already in use by interface/i],
  ["dns-port-taken", /dnsmasq.*address already in use|create listening socket for .*address already in use/is],
  [
    "firewall-rules",
    /apply firewall rules|valid firewall backend|\b(?:iptables|ip6tables|nft|firewalld)\b.*(?:no chain\/target\/match|INVALID_ZONE|COMMAND_FAILED|not running|Permission denied)|INVALID_ZONE: libvirt/is,
  ],
  // AppArmor and SELinux deny what the file's own mode would allow.
  ["file-access-denied", /(?:could not open|cannot access|unable to open|opening) [^\n]*permission denied|apparmor="DENIED"/i],
  ["name-taken", /already exists|file exists|already in use by/i],
  ["port-taken", /address already in use/i],
  [
    "libvirt-unreachable",
    /connect(?:ing)? (?:to )?libvirt|libvirt-sock|failed to connect to the hypervisor|dial libvirt|error: failed to connect|libvirt does not answer/i,
  ],
  // What the provider's client says when the connection breaks in the middle of a call, and at every call after that.
  ["libvirt-unreachable", /procedure interrupted while awaiting response|libvirt.*\binvalid argument(?: - <|: provider=libvirt@|\s*$)/i],
  [
    "engine-missing",
    /plugin .*(?:not found|could not be found|no resource plugin)|no such file or directory.*bin\/pulumi|spawn .*pulumi ENOENT/i,
  ],
  ["state-locked", /stack is currently locked|the lock of/i],
  // A provider that is gone: the engine sees the connection to it break.
  ["engine-crashed", /rpc error: code = Unavailable|error reading from server: EOF|transport is closing/i],
];

/** What virsh says when the connection breaks in the middle of a call. */
const brokenCall = /End of file while reading data|client socket is closed|Cannot (?:recv|write) data/i;

/** Of a call of virsh; another program that was not answered has its own cause. */
const libvirtBroke = (reasons: readonly Message[]): boolean =>
  reasons.some(({ code }) => code === "asking-libvirt") &&
  (reasons.some(({ code }) => code === "no-answer") || brokenCall.test(wordsIn(reasons)));

function causeOf(signs: FailureSigns): FailureCause {
  if (signs.known) return signs.known;
  if (signs.locked) return "state-locked";
  if (budgetLine(signs) !== undefined) return "disruption-budget";
  const own = signs.reasons.map(({ code }) => causesOfCodes[code]).find((cause) => cause !== undefined);
  if (own) return own;
  const words = wordsIn(signs.reasons);
  const found = patterns.find(([, pattern]) => pattern.test(words));
  if (found) return found[0];
  if (libvirtBroke(signs.reasons)) return "libvirt-unreachable";
  if (signs.step) return causeOfStep(signs.step, words) ?? "unknown";
  return signs.crashed ? "engine-crashed" : "unknown";
}

/** What the script that drains a node says, or kubectl itself: the rest of the output repeats it every five seconds. */
const budgetLines = [/^.*may not be evicted: .*$/m, /^.*would violate the pod's disruption budget.*$/m];

function budgetLine({ step, reasons, lastOutput }: FailureSigns): string | undefined {
  if (step === null || !step.type.startsWith("command:")) return undefined;
  const said = [...lastOutput, wordsIn(reasons)].join("\n");
  return budgetLines.map((line) => line.exec(said)?.[0]).find((found) => found !== undefined);
}

const isUnreachable = (message: string): boolean =>
  /gave up after \d+ dials|no route to host|connection refused|connection (?:was )?reset|i\/o timeout|connecting to /i.test(message);

function causeOfStep(step: StepRef, message: string): FailureCause | null {
  // A machine that was never reached did not boot as far as SSH.
  if (isUnreachable(message)) return step.phase === "ssh" ? "boot-timeout" : "ssh-unreachable";
  if (!step.type.startsWith("command:")) return null;
  if (step.phase === "init") return "kubeadm-init";
  if (step.phase === "join") return "kubeadm-join";
  if (step.phase === "ready" && /waiting for|timed out/i.test(message)) return "not-ready-in-time";
  return "command-failed";
}

const nextOf: Readonly<Record<FailureCause, NextAction>> = {
  "ssh-unreachable": "resume",
  "host-key-mismatch": "destroy",
  "boot-timeout": "resume",
  "command-failed": "resume",
  "kubeadm-init": "resume",
  "kubeadm-join": "resume",
  "not-ready-in-time": "resume",
  "libvirt-unreachable": "check-libvirt",
  "out-of-memory": "free-room",
  "out-of-disk": "free-room",
  "out-of-files": "ask-operator",
  "name-taken": "ask-operator",
  "subnet-in-use": "ask-operator",
  "port-taken": "ask-operator",
  "dns-port-taken": "ask-operator",
  "disruption-budget": "relax-budget",
  "file-access-denied": "ask-operator",
  "firewall-rules": "ask-operator",
  "traffic-not-forwarded": "ask-operator",
  "confinement-incomplete": "ask-operator",
  "stale-plan": "preview-again",
  "engine-crashed": "resume",
  "engine-hung": "resume",
  "phase-budget": "resume",
  "machine-stopped": "resume",
  "first-boot": "destroy",
  "engine-missing": "wait-for-setup",
  "state-locked": "ask-operator",
  "state-torn": "ask-operator",
  unknown: "resume",
};

/** What others reported, as one line; nothing where they reported nothing. */
function shortened(reason: Message): readonly Message[] {
  if (reason.code !== "reported") return [reason];
  const text = firstSentence(String(reason.params.text));
  return text === "" ? [] : [reported(text)];
}

/** Engines say a thing several times over; one line is enough on a card. */
function firstSentence(message: string): string {
  const lines = message.split("\n").map((l) => l.replace(/^[\s*]+/, "").trim());
  const [first = "", ...rest] = lines.filter((l) => l !== "" && !/^\d+ errors? occurred:?$/.test(l));
  // Of what a sentence announces the last line says most.
  const line = [first, first.endsWith(":") ? rest.at(-1) : undefined].filter((l) => l !== undefined).join(" ");
  return line.length > messageLimit ? `${line.slice(0, messageLimit - 1)}…` : line;
}
