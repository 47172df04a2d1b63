/** Brings the server's page to life with the one catalogue its language needs. */
import { RemixBrowser } from "@remix-run/react";
import { startTransition, StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";
import { I18nextProvider } from "react-i18next";
import type { Catalogue } from "#app/messages/catalogue.ts";
import { createTranslations } from "#app/messages/i18n.ts";
import { isLanguage, type Language } from "#app/messages/languages.ts";

const catalogues: Readonly<Record<Language, () => Promise<Catalogue>>> = {
  en: async () => (await import("#app/messages/en.ts")).en,
  ko: async () => (await import("#app/messages/ko.ts")).ko,
};

async function hydrate(): Promise<void> {
  const asked = document.documentElement.lang;
  const language = isLanguage(asked) ? asked : "en";
  const translations = createTranslations(language, await catalogues[language]());
  startTransition(() => {
    hydrateRoot(
      document,
      <StrictMode>
        <I18nextProvider i18n={translations}>
          <RemixBrowser />
        </I18nextProvider>
      </StrictMode>,
    );
  });
}

void hydrate();
