/** A state: icon and word, never colour alone. With `hint` the word explains itself on hover and on focus. */
import type { ComponentType, ReactNode } from "react";
import { Label } from "@patternfly/react-core/dist/esm/components/Label";
import { Hint } from "./hint.tsx";

export type Tone = "good" | "active" | "warning" | "bad" | "quiet";

const colors = { good: "green", active: "blue", warning: "orange", bad: "red", quiet: "grey" } as const;

export interface BadgeProps {
  readonly tone: Tone;
  readonly icon: ComponentType;
  readonly children: ReactNode;
  readonly hint?: string;
}

export function Badge({ tone, icon: Icon, children, hint }: BadgeProps) {
  const label = (
    <Label color={colors[tone]} icon={<Icon />} className="b-badge">
      {children}
    </Label>
  );
  return hint === undefined ? label : <Hint text={hint}>{label}</Hint>;
}
