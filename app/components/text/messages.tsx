/** Messages about a page, with the tone also in words for screen readers. */
import type { ReactNode } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { Notice, type NoticeTone } from "#app/ui/notice.tsx";

export interface MessageProps {
  readonly tone: NoticeTone;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly live?: boolean;
}

export function Message({ tone, ...rest }: MessageProps) {
  const { t } = useTranslation();
  return <Notice tone={tone} spoken={t(`shell.spoken.${tone}`)} {...rest} />;
}
