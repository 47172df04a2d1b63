/** Every language's texts, for programs that answer in any of them. A browser loads one language: see `app/entry.client.tsx`. */
import type { i18n } from "i18next";
import { type Language, languages } from "#app/domain/text/language.ts";
import type { Catalogue } from "./catalogue.ts";
import { en } from "./en.ts";
import { createTranslations } from "./i18n.ts";
import { ko } from "./ko.ts";

export const catalogues: Readonly<Record<Language, Catalogue>> = { en, ko };

export const allTranslations = (): Readonly<Record<Language, i18n>> =>
  Object.fromEntries(languages.map((language) => [language, createTranslations(language, catalogues[language])])) as Record<Language, i18n>;
