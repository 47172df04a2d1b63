/** Where a page stands in its list, and the ways to the first and the next one: plain links, with the cursor in the address. */
import { useLocation, useSearchParams } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ListPage } from "#app/services/portal-lists.ts";
import { LinkButton } from "./link-button.tsx";
import { hrefWith } from "./use-search-param-state.ts";

export interface ListPagesProps {
  readonly page: ListPage;
  /** How many this page holds. */
  readonly shown: number;
  /** Name of the cursor in the address. */
  readonly cursor: string;
  /** What the list is called: pages of two lists on one page are told apart by it. */
  readonly list: string;
}

/** Nothing where the whole list is on one page. */
export function ListPages({ page, shown, cursor, list }: ListPagesProps) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const [params] = useSearchParams();
  const { total, skipped, next } = page;
  const hrefOf = (after: string | null) => `${pathname}${hrefWith(params, cursor, after)}`.replace(/\?$/, "");
  if (next === null && skipped === 0) return null;
  return (
    <nav className="b-row b-list-pages" aria-label={t("list.label", { list })}>
      <span>{shown === 0 ? t("list.none", { total }) : t("list.range", { first: skipped + 1, last: skipped + shown, total })}</span>
      {skipped > 0 && <LinkButton to={hrefOf(null)}>{t("list.first")}</LinkButton>}
      {next !== null && <LinkButton to={hrefOf(next)}>{t("list.next")}</LinkButton>}
    </nav>
  );
}
