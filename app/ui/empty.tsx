/** Nothing here yet: why, and the one thing to do about it. */
import type { ComponentType, ReactNode } from "react";
import { EmptyState, EmptyStateBody } from "@patternfly/react-core/dist/esm/components/EmptyState";

export interface EmptyProps {
  readonly title: string;
  readonly icon: ComponentType;
  readonly children?: ReactNode;
  readonly level?: "h1" | "h2" | "h3";
}

export function Empty({ title, icon, children, level = "h2" }: EmptyProps) {
  return (
    <EmptyState titleText={title} icon={icon} headingLevel={level} variant="sm">
      <EmptyStateBody>{children}</EmptyStateBody>
    </EmptyState>
  );
}
