/** A moment in the page's language. */
import { AgeSince, When } from "#app/ui/time/relative-time.tsx";
import { useLanguage } from "./language.ts";

export function Moment({ at }: { readonly at: number }) {
  return <When at={at} locale={useLanguage()} />;
}

export function Age({ since }: { readonly since: number }) {
  return <AgeSince at={since} locale={useLanguage()} />;
}
