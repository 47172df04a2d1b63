/**
 * Keeps a page of lists up to date: the portal hints over a socket that an operation began, moved on or ended, and the
 * page's loaders are asked again. Without a socket they are asked every few seconds. Nothing is asked while nobody looks,
 * and nothing moves while the pointer does.
 */
import { useRevalidator } from "@remix-run/react";
import { useEffect, useRef } from "react";
import { closeCodes, waitBeforeReturn } from "#app/domain/operation/stream.ts";
import { browserTransport } from "./browser-transport.ts";
import type { Transport } from "./follow-operation.ts";

const hintsPath = "/ws/changes";
/** Between two askings, whatever is hinted. */
const restMs = 1_500;
const withoutSocketMs = 5_000;
/** What no hint tells of, such as set-up or capacity. */
const withSocketMs = 30_000;
const pointerRestMs = 600;
const longestDelayMs = 3_000;

export function useLiveData(): void {
  const revalidator = useRevalidator();
  const latest = useRef(revalidator);
  latest.current = revalidator;
  useEffect(() => {
    const asking = startAsking(() => {
      if (document.hidden || latest.current.state !== "idle") return false;
      latest.current.revalidate();
      return true;
    });
    const ending = new AbortController();
    void followHints(asking, browserTransport, ending.signal);
    return () => {
      ending.abort();
      asking.stop();
    };
  }, []);
}

export interface Asking {
  /** Something has changed. */
  readonly due: () => void;
  readonly everyMs: (ms: number) => void;
  readonly stop: () => void;
}

/** `ask` says whether it could. */
function startAsking(ask: () => boolean): Asking {
  let dueAt: number | null = null;
  let askedAt = performance.now();
  let pointerAt = Number.NEGATIVE_INFINITY;
  let everyMs = withSocketMs;
  const due = () => {
    dueAt ??= performance.now();
  };
  const onPointer = () => {
    pointerAt = performance.now();
  };
  const onVisible = () => void (document.hidden || due());
  const beat = () => {
    const now = performance.now();
    if (now - askedAt >= everyMs) due();
    if (dueAt === null || now - askedAt < restMs) return;
    if (now - pointerAt < pointerRestMs && now - dueAt < longestDelayMs) return;
    if (!ask()) return;
    dueAt = null;
    askedAt = now;
  };
  const timer = setInterval(beat, 250);
  document.addEventListener("pointermove", onPointer, { passive: true });
  document.addEventListener("visibilitychange", onVisible);
  return {
    due,
    everyMs: (ms) => {
      everyMs = ms;
    },
    stop: () => {
      clearInterval(timer);
      document.removeEventListener("pointermove", onPointer);
      document.removeEventListener("visibilitychange", onVisible);
    },
  };
}

/** Hints are not kept for who is not connected: with every socket that opens, what was missed before is asked for. */
export async function followHints(
  asking: Pick<Asking, "due" | "everyMs">,
  transport: Pick<Transport, "socket" | "pause">,
  signal: AbortSignal,
): Promise<void> {
  for (let losses = 1; !signal.aborted; losses += 1) {
    const code = await transport.socket(
      hintsPath,
      {
        onOpen: () => {
          asking.everyMs(withSocketMs);
          asking.due();
        },
        onText: () => {
          losses = 0;
          asking.due();
          return true;
        },
      },
      signal,
    );
    asking.everyMs(withoutSocketMs);
    // The session is over: the next answer leads to the sign-in page.
    if (code === closeCodes.ended) return asking.due();
    await transport.pause(waitBeforeReturn(losses, Math.random()), signal);
  }
}
