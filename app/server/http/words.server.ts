/** The portal's own words in the language that a request asks for: what the API says, a page says the same way. */
import type { IncomingHttpHeaders } from "node:http";
import type { TFunction } from "i18next";
import { allTranslations } from "#app/messages/catalogues.ts";
import type { Language } from "#app/messages/languages.ts";
import { negotiateLanguage } from "./negotiate-language.server.ts";
import { cookieOf } from "./session-cookie.server.ts";

const translations = allTranslations();

export const wordsIn = (language: Language): TFunction => translations[language].t;

/** A browser's own choice wins; programs say it with Accept-Language, or get English. */
export const languageAsked = (headers: IncomingHttpHeaders): Language =>
  negotiateLanguage(cookieOf(headers.cookie, "language"), headers["accept-language"] ?? null);
