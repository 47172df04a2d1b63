/** Says when what is shown may be behind. Nothing while all is well. */
import { Link } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { clockOf } from "#app/ui/amounts.ts";
import { useNow } from "#app/ui/time/now.tsx";
import { Message } from "#app/components/text/messages.tsx";
import type { Connection } from "#app/components/live/follow-operation.ts";

export function ConnectionBanner({ connection, heardAt }: { readonly connection: Connection; readonly heardAt: number | null }) {
  const { t } = useTranslation();
  const now = useNow(1000);
  switch (connection) {
    case "lost":
      return (
        <Message tone="warning" title={t("operation.stale")} live>
          {heardAt !== null && <span className="b-digits">{t("operation.staleFor", { time: clockOf((now - heardAt) / 1000) })}</span>}
        </Message>
      );
    case "ended":
      return (
        <Message tone="warning" title={t("operation.sessionEnded")} live>
          <Link to="/sign-in">{t("shell.account.signIn")}</Link>
        </Message>
      );
    case "connecting":
    case "open":
    case "done":
      return null;
  }
}
