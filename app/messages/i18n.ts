/** One i18next instance per language; messages are compiled in, so creating one neither waits nor fetches. */
import { createInstance, type i18n } from "i18next";
import { isolated } from "#app/domain/text/plain-lines.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Language } from "./languages.ts";

export function createTranslations(language: Language, catalogue: Catalogue): i18n {
  const instance = createInstance();
  void instance.init({
    lng: language,
    fallbackLng: false,
    initAsync: false,
    // React escapes what HTML would read; a value keeps its direction to itself.
    interpolation: { escapeValue: true, escape: isolated },
    resources: { [language]: { translation: catalogue } },
  });
  return instance;
}
