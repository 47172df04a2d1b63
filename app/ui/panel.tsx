/** A titled part of a page. */
import { useId, type ReactNode } from "react";

export interface PanelProps {
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  readonly tone?: "plain" | "good" | "bad" | "warning" | "active";
  readonly children: ReactNode;
}

export function Panel({ title, actions, tone = "plain", children }: PanelProps) {
  const id = useId();
  return (
    <section className={`b-panel b-panel-${tone}`} aria-labelledby={title === undefined ? undefined : id}>
      {title !== undefined && (
        <div className="b-panel-head">
          <h2 id={id}>{title}</h2>
          {actions}
        </div>
      )}
      {children}
    </section>
  );
}
