/** The palette as a page: a form that any browser can send, and what it finds. */
import { Form, Link, useSearchParams } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { Findable } from "#app/services/portal-lists.ts";
import { TextField } from "#app/ui/field.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { Submit } from "#app/components/shell/link-button.tsx";
import { entriesOf, entryGroups, matching, type Entry } from "./entries.ts";

export function SearchPage({ findable }: { readonly findable: Findable }) {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const text = params.get("q") ?? "";
  const found = matching(entriesOf(findable, t), text);
  return (
    <>
      <Heading title={t("search.title")} line={t("search.line")} />
      <Panel>
        <Form method="get" role="search" className="b-narrowing">
          <TextField
            key={text}
            field={{ id: "q", name: "q", value: text, errors: [] }}
            label={t("search.label")}
            autoComplete="off"
            autoFocus
          />
          <Submit>{t("search.action")}</Submit>
        </Form>
        <p role="status">{found.length === 0 ? t("search.none", { text }) : t("search.count", { count: found.length })}</p>
        {entryGroups.map((group) => (
          <Group key={group} name={t(`search.group.${group}`)} entries={found.filter((entry) => entry.group === group)} />
        ))}
      </Panel>
    </>
  );
}

function Group({ name, entries }: { readonly name: string; readonly entries: readonly Entry[] }) {
  if (entries.length === 0) return null;
  return (
    <div className="b-group">
      <h2>{name}</h2>
      <ul className="b-list">
        {entries.map((entry) => (
          <li key={entry.to + entry.label} className="b-row">
            <Link to={entry.to}>{entry.label}</Link>
            {entry.detail !== "" && <span className="b-muted b-small">{entry.detail}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
