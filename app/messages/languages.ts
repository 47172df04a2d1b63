/** Which languages there are. */
export const languages = ["en", "ko"] as const;
export type Language = (typeof languages)[number];

/** Each language in its own words, so that a person finds it whatever the page is written in. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", ko: "한국어" };

export const isLanguage = (value: unknown): value is Language => languages.some((language) => language === value);
