/**
 * The present, for relative times: every reader starts from the moment the server rendered, so that the first paint in
 * the browser is the same text, and ticks once the page is alive.
 */
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";

const RenderedAt = createContext(0);

export function NowProvider({ at, children }: { readonly at: number; readonly children: ReactNode }) {
  return <RenderedAt.Provider value={at}>{children}</RenderedAt.Provider>;
}

/** Epoch milliseconds, renewed every `everyMs` in a living page. */
export function useNow(everyMs = 15_000): number {
  const renderedAt = useContext(RenderedAt);
  const [now, setNow] = useState(renderedAt);
  useEffect(() => {
    const tick = () => setNow(Date.now());
    tick();
    const timer = setInterval(tick, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
