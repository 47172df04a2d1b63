/** What was just done, said once on the page that follows. It stays until the person opens another page. */
import { useLocation } from "@remix-run/react";
import { useState } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { Message } from "#app/components/text/messages.tsx";
import type { FlashCode } from "./flash-codes.ts";

export function Flash({ code }: { readonly code: FlashCode | null }) {
  const { t } = useTranslation();
  const { key } = useLocation();
  const [said, setSaid] = useState<{ readonly code: FlashCode | null; readonly key: string }>({ code, key });
  // Lists ask for newer data every now and then: those answers carry nothing, and take nothing away.
  if (code !== null && (said.code !== code || said.key !== key)) setSaid({ code, key });
  const shown = said.key === key ? said.code : null;
  return (
    <div role="status" className={shown === null ? "pf-v6-screen-reader" : ""}>
      {shown !== null && <Message tone="good" title={t(`flash.${shown}`)} />}
    </div>
  );
}
