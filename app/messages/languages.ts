/** Which languages there are, and which one a request gets: the person's own choice, else what the browser prefers. */
export const languages = ["en", "ko"] as const;
export type Language = (typeof languages)[number];

/** Each language in its own words, so that a person finds it whatever the page is written in. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", ko: "한국어" };

export const isLanguage = (value: unknown): value is Language => languages.some((language) => language === value);

/** `chosen` is the cookie's value; `accepted` the Accept-Language header. Anything unknown falls back to English. */
export function negotiateLanguage(chosen: string | null, accepted: string | null): Language {
  if (isLanguage(chosen)) return chosen;
  return preferred(accepted ?? "").find(isLanguage) ?? "en";
}

function preferred(header: string): readonly string[] {
  return header
    .split(",")
    .map(weighted)
    .sort((a, b) => b.weight - a.weight)
    .map((entry) => entry.language);
}

function weighted(part: string): { readonly language: string; readonly weight: number } {
  const [tag = "", ...parameters] = part.trim().toLowerCase().split(";");
  const quality = parameters.map((p) => p.trim()).find((p) => p.startsWith("q="));
  const weight = quality === undefined ? 1 : Number(quality.slice(2));
  return { language: tag.split("-")[0] ?? "", weight: Number.isFinite(weight) ? weight : 0 };
}
