/** A moment: relative in the text, absolute on hover, in the reader's own zone once the page is alive. */
import { useEffect, useState } from "react";
import { absoluteTime, ageOf, clockOf, relativeTime } from "#app/ui/amounts.ts";
import { useNow } from "./now.tsx";

export function When({ at, locale }: { readonly at: number; readonly locale: string }) {
  const now = useNow();
  const zone = useZone();
  return (
    <time dateTime={new Date(at).toISOString()} title={absoluteTime(at, zone)}>
      {relativeTime(at, now, locale)}
    </time>
  );
}

/** For how long something has existed; absolute on hover. */
export function AgeSince({ at, locale }: { readonly at: number; readonly locale: string }) {
  const now = useNow();
  const zone = useZone();
  return (
    <time dateTime={new Date(at).toISOString()} title={absoluteTime(at, zone)}>
      {ageOf(at, now, locale)}
    </time>
  );
}

/** The zone to show times in: the same as the server's at the first paint, the reader's own (undefined) afterwards. */
export function useZone(): string | undefined {
  const [zone, setZone] = useState<string | undefined>("UTC");
  useEffect(() => setZone(undefined), []);
  return zone;
}

/** Running time since `from`, or the finished span when `to` is known. Digits keep their width. */
export function Elapsed({ from, to }: { readonly from: number; readonly to: number | null }) {
  const now = useNow(1000);
  return <span className="b-digits">{clockOf(((to ?? now) - from) / 1000)}</span>;
}
