/** How pages look and in which language they speak. */
import { Form } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { languageNames, languages, type Language } from "#app/messages/languages.ts";
import { RadioField } from "#app/ui/field.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { Submit } from "#app/components/shell/link-button.tsx";
import { preferencesPath } from "#app/components/shell/paths.ts";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];
export const isTheme = (value: unknown): value is Theme => themes.some((theme) => theme === value);

export function PreferencesForm({ theme, language }: { readonly theme: Theme; readonly language: Language }) {
  const { t } = useTranslation();
  return (
    <div className="b-narrow">
      <Heading title={t("preferences.title")} line={t("preferences.line")} />
      <Panel>
        <Form method="post" reloadDocument className="b-form">
          <input type="hidden" name="returnTo" value={preferencesPath} />
          <RadioField
            field={{ id: "theme", name: "theme", value: theme, errors: [] }}
            label={t("preferences.theme")}
            choices={themes.map((value) => ({ value, label: t(`shell.theme.${value}`) }))}
          />
          <RadioField
            field={{ id: "language", name: "language", value: language, errors: [] }}
            label={t("preferences.language")}
            choices={languages.map((value) => ({ value, label: languageNames[value], lang: value }))}
          />
          <Submit>{t("preferences.save")}</Submit>
        </Form>
      </Panel>
    </div>
  );
}
