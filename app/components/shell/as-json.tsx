/** The page's object as data: the same address, for programs. */
import { useLocation, useSearchParams } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { hrefWith } from "./use-search-param-state.ts";

/** `to`: where the data is when that is not the page itself. */
export function AsJson({ to }: { readonly to?: string }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const [params] = useSearchParams();
  return (
    <p className="b-page-end">
      <a href={`${to ?? pathname}${hrefWith(params, "format", "json")}`} type="application/json">
        {t("shell.asJson")}
      </a>
    </p>
  );
}
