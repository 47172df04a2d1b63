/** The title of a page's browser tab, in the language that the root route answered. */
import { isLanguage } from "#app/messages/languages.ts";
import { titleIn, type TitleKey } from "#app/messages/titles.ts";

/** What a route's `meta` is called with; only the root's answer matters here. */
export interface Matched {
  readonly matches: readonly ({ readonly id: string; readonly data: unknown } | undefined)[];
}

export function pageTitle({ matches }: Matched, key: TitleKey, name = ""): { title: string }[] {
  const root = matches.find((match) => match?.id === "root")?.data;
  const language = typeof root === "object" && root !== null && "language" in root ? root.language : null;
  return [{ title: titleIn(isLanguage(language) ? language : "en", key, name) }];
}
