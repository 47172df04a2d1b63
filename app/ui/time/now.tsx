/**
 * The present, for relative times, by the server's clock: the one of the reader's machine may be wrong by an hour. Every
 * reader starts from the moment the server rendered, so that the first paint in the browser is the same text, and ticks
 * once the page is alive.
 */
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { browserClocks, clockCheck, receivedAt, serverClock } from "./server-clock.ts";

interface Clock {
  readonly renderedAt: number;
  readonly read: () => number;
}

const Clocks = createContext<Clock>({ renderedAt: 0, read: () => 0 });

const checkEveryMs = 15_000;

export interface NowProviderProps {
  /** What the server's clock said when it answered; each newer answer sets the clock again. */
  readonly at: number;
  /** The server's clock, asked for when the browser's cannot be relied on; null: no answer. The same function at all times. */
  readonly ask: () => Promise<number | null>;
  readonly children: ReactNode;
}

export function NowProvider({ at, ask, children }: NowProviderProps) {
  const [first] = useState(at);
  const [asked, setAsked] = useState<{ readonly at: number; readonly received: number; readonly insteadOf: number } | null>(null);
  const clock = useMemo(() => {
    const read = asked?.insteadOf === at ? serverClock(asked.at, asked.received) : serverClock(at, receivedAt(at === first));
    return { renderedAt: at, read };
  }, [at, first, asked]);
  useEffect(() => {
    const check = clockCheck({
      clocks: browserClocks,
      ask,
      set: (now) => setAsked({ at: now, received: performance.now(), insteadOf: at }),
    });
    const timer = setInterval(() => void check(), checkEveryMs);
    const onVisible = () => void (document.hidden || check());
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [at, ask]);
  return <Clocks.Provider value={clock}>{children}</Clocks.Provider>;
}

/** Reads the server's present, in epoch milliseconds. */
export function useClock(): () => number {
  const { read } = useContext(Clocks);
  return useCallback(() => read(), [read]);
}

/** Epoch milliseconds, renewed every `everyMs` in a living page. */
export function useNow(everyMs = 15_000): number {
  const { renderedAt, read } = useContext(Clocks);
  const [now, setNow] = useState(renderedAt);
  useEffect(() => {
    const tick = () => setNow(read());
    tick();
    const timer = setInterval(tick, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, read]);
  return now;
}
