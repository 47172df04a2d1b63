/** A fold that needs no script: its title says what is inside while it is shut. */
import type { ReactNode } from "react";

export interface FoldProps {
  readonly title: ReactNode;
  /** The value inside in short, e.g. the default. */
  readonly summary?: ReactNode;
  readonly open?: boolean;
  readonly children: ReactNode;
}

export function Fold({ title, summary, open = false, children }: FoldProps) {
  return (
    <details className="b-fold" open={open}>
      <summary>
        <span className="b-fold-title">{title}</span>
        {summary !== undefined && <span className="b-fold-summary">{summary}</span>}
      </summary>
      <div className="b-fold-body">{children}</div>
    </details>
  );
}
