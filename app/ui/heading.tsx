/** Top of a page: where it stands, the object's name, its state beside it, and the one next thing to do. */
import type { ReactNode } from "react";

export interface HeadingProps {
  readonly trail?: ReactNode;
  readonly title: ReactNode;
  readonly badge?: ReactNode;
  readonly line?: ReactNode;
  readonly actions?: ReactNode;
}

export function Heading({ trail, title, badge, line, actions }: HeadingProps) {
  return (
    <header className="b-heading">
      {trail}
      <div className="b-heading-row">
        <div className="b-heading-title">
          <h1>{title}</h1>
          {badge}
        </div>
        {actions !== undefined && <div className="b-actions">{actions}</div>}
      </div>
      {line !== undefined && <p className="b-heading-line">{line}</p>}
    </header>
  );
}
