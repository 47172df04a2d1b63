/**
 * A machine that cannot take its identity from its seed disk, or whose system stops before it is up, reports it on its serial
 * console within seconds and never answers on SSH. To wait for it until the budget of its phase is used up would be in
 * vain, and its power switch does not cure it: the same disk gives the same end.
 */
import { message } from "#app/domain/message/message.ts";
import { classifyFailure } from "#app/domain/operation/classify-failure.ts";
import type { OperationEvent, StepRef } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import { reached } from "./boot-watchdog.ts";
import { createRecentOutput, recentOutputOf } from "#pulumi/events/recent-output.ts";

export interface FirstBootWatch {
  /** Events were handed on. */
  heard(events: readonly OperationEvent[]): void;
  /** `ms` since the last tick; a failure once a machine that is waited for has said that its first boot failed. */
  tick(ms: number): Failure | null;
}

/** The program's own line says more than systemd's line about it, and may come after it. */
export const reasonMs = 2_000;

type SignCode = "first-boot-seed" | "first-boot-emergency" | "first-boot-root-disk";

/** In the order of how much they say. */
const signs: readonly { readonly code: SignCode; readonly pattern: RegExp }[] = [
  {
    code: "first-boot-seed",
    pattern: /\bberth-seed(?:\[\d+\])?: (?!(?:berth-seed: )?(?:this machine is |left to cloud-init))(?:berth-seed: )?(?<reason>\S.*)/,
  },
  { code: "first-boot-seed", pattern: /tiny-guest: stopped: (?<reason>\S.*)/ },
  { code: "first-boot-seed", pattern: /(?<reason>Failed to start .*\bberth-seed\.service\b.*)/ },
  {
    code: "first-boot-emergency",
    pattern: /(?<reason>You are in (?:emergency|rescue) mode.*|Cannot open access to console, the root account is locked.*)/,
  },
  { code: "first-boot-root-disk", pattern: /(?<reason>ALERT! .* does not exist.*)/ },
];

interface Found {
  readonly rank: number;
  readonly code: SignCode;
  readonly reason: string;
}

export function createFirstBootWatch(): FirstBootWatch {
  /** Steps that wait for the first answer of a machine, by machine name. */
  const awaited = new Map<string, StepRef>();
  const found = new Map<string, Found & { ms: number }>();
  const tails = createRecentOutput();

  const stepped = ({ step, change, status }: Extract<OperationEvent, { kind: "step" }>): void => {
    if (step.machine === null) return;
    // A machine that is made again boots again.
    if (step.phase === "boot" && status === "running") found.delete(step.machine);
    if (step.phase !== "ssh") return;
    if (status === "running" && change !== "delete") awaited.set(step.machine, step);
    else awaited.delete(step.machine);
  };

  const printed = (event: Extract<OperationEvent, { kind: "output" }>): void => {
    tails.keep(event);
    const { source, machine, step, lines } = event;
    if (machine === null) return;
    if (source === "console") for (const line of lines) note(machine, line);
    else if (awaited.get(machine)?.name === step && lines.some((line) => reached.test(line))) awaited.delete(machine);
  };

  const note = (machine: string, line: string): void => {
    const sign = signOf(line);
    const before = found.get(machine);
    if (sign && (before === undefined || sign.rank < before.rank)) found.set(machine, { ...sign, ms: before?.ms ?? 0 });
  };

  return {
    heard(events) {
      for (const event of events) {
        if (event.kind === "step") stepped(event);
        if (event.kind === "output") printed(event);
      }
    },
    tick(ms) {
      for (const [machine, step] of awaited) {
        const sign = found.get(machine);
        if (!sign) continue;
        sign.ms += ms;
        if (sign.ms < reasonMs) continue;
        const reason = message(sign.code, { machine, reason: sign.reason });
        return classifyFailure({ step, reasons: [reason], lastOutput: recentOutputOf(step, tails), known: "first-boot" });
      }
      return null;
    },
  };
}

function signOf(line: string): Found | null {
  for (const [rank, { code, pattern }] of signs.entries()) {
    const reason = pattern.exec(line)?.groups?.reason;
    if (reason !== undefined) return { rank, code, reason: reason.trim() };
  }
  return null;
}
