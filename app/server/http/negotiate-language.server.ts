/** Which language a request gets: the person's own choice, else what the browser prefers. */
import Negotiator from "negotiator";
import { isLanguage, type Language, languages } from "#app/messages/languages.ts";

/** Characters of Accept-Language that are read: browsers send far less, and each entry costs time. */
const longestHeader = 1_000;

/** `chosen` is the cookie's value; `accepted` the Accept-Language header. Anything unknown falls back to English. */
export function negotiateLanguage(chosen: string | null, accepted: string | null): Language {
  if (isLanguage(chosen)) return chosen;
  const preferred = new Negotiator({ headers: { "accept-language": (accepted ?? "").slice(0, longestHeader) } }).languages(languages);
  return preferred.find(isLanguage) ?? "en";
}
