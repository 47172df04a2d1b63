/** A message about the page: what happened, and what to do about it. */
import type { ReactNode } from "react";
import "@patternfly/patternfly/components/Alert/alert.css";
import { CheckCircleIcon, ExclamationCircleIcon, ExclamationTriangleIcon, NoteIcon } from "./icons.tsx";

export type NoticeTone = "note" | "good" | "warning" | "bad";

const looks = {
  note: { variant: "info", icon: NoteIcon },
  good: { variant: "success", icon: CheckCircleIcon },
  warning: { variant: "warning", icon: ExclamationTriangleIcon },
  bad: { variant: "danger", icon: ExclamationCircleIcon },
} as const;

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
  const { variant, icon: Icon } = looks[tone];
  return (
    <div
      className={`pf-v6-c-alert pf-m-inline pf-m-${variant} b-notice`}
      {...(live ? { "aria-live": "polite", "aria-atomic": false } : {})}
    >
      <div className="pf-v6-c-alert__icon">
        <Icon />
      </div>
      <p className="pf-v6-c-alert__title">
        <span className="pf-v6-screen-reader">{spoken}</span> {title}
      </p>
      {hasContent(children) && <div className="pf-v6-c-alert__description">{children}</div>}
    </div>
  );
}

const hasContent = (children: ReactNode): boolean => children !== undefined && children !== null && children !== false;
