/** Copy buttons with translated words. `what` names the thing in a sentence: "the API address". */
import type { ReactNode } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { CopyButton, CopyLine, type CopyWords } from "#app/ui/copy.tsx";

function useCopyWords(what: string): CopyWords {
  const { t } = useTranslation();
  return {
    action: t("word.copy", { what }),
    done: t("word.copied"),
    byHand: t("word.copyByHand"),
    close: t("word.close"),
    failed: t("word.copyFailed"),
  };
}

export function Copyable({ text, what }: { readonly text: string; readonly what: string }) {
  return <CopyLine text={text} words={useCopyWords(what)} />;
}

export function CopyAction({
  text,
  what,
  label,
}: {
  readonly text: string | (() => Promise<string>);
  readonly what: string;
  readonly label: ReactNode;
}) {
  return <CopyButton text={text} words={useCopyWords(what)} label={label} />;
}
