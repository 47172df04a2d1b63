/** A state: icon and word, never colour alone. With `hint` the word explains itself on hover and on focus. */
import type { ComponentType, ReactNode } from "react";
import "@patternfly/patternfly/components/Label/label.css";
import { Hint } from "./hint.tsx";

export type Tone = "good" | "active" | "warning" | "bad" | "quiet";

/** PatternFly's; its React component would bring tooltips, editing and a positioning engine along. */
const colors: Readonly<Record<Tone, string>> = {
  good: "pf-m-green",
  active: "pf-m-blue",
  warning: "pf-m-orange",
  bad: "pf-m-red",
  quiet: "",
};

export interface BadgeProps {
  readonly tone: Tone;
  readonly icon: ComponentType;
  readonly children: ReactNode;
  readonly hint?: string;
}

export function Badge({ tone, icon: Icon, children, hint }: BadgeProps) {
  const label = (
    <span className={`pf-v6-c-label ${colors[tone]} b-badge`}>
      <span className="pf-v6-c-label__content">
        <span className="pf-v6-c-label__icon">
          <Icon />
        </span>
        <span className="pf-v6-c-label__text">{children}</span>
      </span>
    </span>
  );
  return hint === undefined ? label : <Hint text={hint}>{label}</Hint>;
}
