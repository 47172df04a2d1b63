/** A moment in the page's language. */
import { When } from "#app/ui/when.tsx";
import { useLanguage } from "./language.ts";

export function Moment({ at }: { readonly at: number }) {
  return <When at={at} locale={useLanguage()} />;
}
