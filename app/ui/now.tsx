/**
 * The present, for relative times, by the server's clock: the one of the reader's machine may be wrong by an hour. Every
 * reader starts from the moment the server rendered, so that the first paint in the browser is the same text, and ticks
 * once the page is alive.
 */
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { receivedAt, serverClock } from "./server-clock.ts";

interface Clock {
  readonly renderedAt: number;
  readonly read: () => number;
}

const Clocks = createContext<Clock>({ renderedAt: 0, read: () => 0 });

/** `at`: what the server's clock said when it answered; each newer answer sets the clock again. */
export function NowProvider({ at, children }: { readonly at: number; readonly children: ReactNode }) {
  const [first] = useState(at);
  const clock = useMemo(() => ({ renderedAt: at, read: serverClock(at, receivedAt(at === first)) }), [at, first]);
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
