/** What both sides of a fan-out bench are asked, and the entries that they send. */
import { readFileSync } from "node:fs";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { epochMs } from "./clock.ts";
import type { Stream } from "./watcher.ts";

export type SourceQuestion =
  /** Sends entries at this rate and answers when the last one was handed over. */
  | { readonly ask: "send"; readonly events: number; readonly perSecond: number }
  /** With `tidy`, after a garbage collection: what is held, not what was used in passing. */
  | { readonly ask: "usage"; readonly tidy: boolean };

export interface SourceAnswer {
  readonly stream: Stream;
  /** The last entry's number. */
  readonly seq: number;
  /** Processor time of this process so far, in microseconds, and what it holds, in KiB. */
  readonly cpuUs: number;
  readonly pssKiB: number;
}

/** About 330 bytes as an entry: a line of a machine's console. */
export const event: OperationEvent = {
  kind: "output",
  source: "console",
  machine: "w1",
  step: "w1-ready",
  lines: [
    "[   12.345678] systemd[1]: Started kubelet.service - kubelet: The Kubernetes Node Agent.",
    "[   12.456789] kubelet[412]: I1121 06:00:00.000000 412 server.go:530 Kubelet version",
  ],
};

/** Calls `send` at even distances; one that is late is made up for at once. */
export async function atRate(events: number, perSecond: number, send: () => Promise<unknown>): Promise<void> {
  const began = epochMs();
  const sent: Promise<unknown>[] = [];
  for (let i = 0; i < events; i++) {
    const wait = began + (i * 1000) / perSecond - epochMs();
    // Others get their turn between two entries even when they are late.
    await new Promise((resolve) => (wait >= 1 ? setTimeout(resolve, wait) : setImmediate(resolve)));
    sent.push(send());
  }
  await Promise.all(sent);
}

export function usage(tidy: boolean): Pick<SourceAnswer, "cpuUs" | "pssKiB"> {
  const { user, system } = process.cpuUsage();
  if (tidy) void globalThis.gc?.();
  const pss = /^Pss:\s+(\d+)/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"));
  return { cpuUs: user + system, pssKiB: Number(pss?.[1] ?? Number.NaN) };
}
