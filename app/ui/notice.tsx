/** A message about the page: what happened, and what to do about it. */
import type { ReactNode } from "react";
import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";

export type NoticeTone = "note" | "good" | "warning" | "bad";

const variants = { note: "info", good: "success", warning: "warning", bad: "danger" } as const;

export interface NoticeProps {
  readonly tone: NoticeTone;
  readonly title: ReactNode;
  /** Read before the title by screen readers, e.g. "Warning:". */
  readonly spoken: string;
  readonly children?: ReactNode;
  /** Announce it when it appears. */
  readonly live?: boolean;
}

export function Notice({ tone, title, spoken, children, live = false }: NoticeProps) {
  return (
    <Alert variant={variants[tone]} isInline title={title} component="p" variantLabel={spoken} isLiveRegion={live} className="b-notice">
      {children}
    </Alert>
  );
}
