/** Which languages there are. */
import { type Language, languages } from "#app/domain/text/language.ts";

export { type Language, languages };

/** Each language in its own words, so that a person finds it whatever the page is written in. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", ko: "한국어" };

export const isLanguage = (value: unknown): value is Language => languages.some((language) => language === value);
