/** The language the page is written in, for dates and numbers. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import { isLanguage, type Language } from "#app/messages/languages.ts";

export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return isLanguage(i18n.language) ? i18n.language : "en";
}
