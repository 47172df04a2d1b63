/** Asks the loaders again every so often while something is running and the page is looked at. */
import { useRevalidator } from "@remix-run/react";
import { useEffect, useRef } from "react";

/** `everyMs` null: nothing is running. */
export function useRenewal(everyMs: number | null): void {
  const revalidator = useRevalidator();
  const latest = useRef(revalidator);
  latest.current = revalidator;
  useEffect(() => {
    if (everyMs === null) return;
    const timer = setInterval(() => {
      if (!document.hidden && latest.current.state === "idle") latest.current.revalidate();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
