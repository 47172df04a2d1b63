/** Names and values, one under the other. */
import type { ReactNode } from "react";
import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from "@patternfly/react-core/dist/esm/components/DescriptionList";

export interface Fact {
  readonly term: string;
  readonly value: ReactNode;
}

export function Facts({ facts, compact = false }: { readonly facts: readonly Fact[]; readonly compact?: boolean }) {
  return (
    <DescriptionList
      isCompact={compact}
      orientation={{ md: "horizontal" }}
      horizontalTermWidthModifier={{ default: "10rem" }}
      className="b-facts"
    >
      {facts.map((fact) => (
        <DescriptionListGroup key={fact.term}>
          <DescriptionListTerm>{fact.term}</DescriptionListTerm>
          <DescriptionListDescription>{fact.value}</DescriptionListDescription>
        </DescriptionListGroup>
      ))}
    </DescriptionList>
  );
}
