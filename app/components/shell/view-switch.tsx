/** Ways of looking at the same thing, side by side: links, so that they work without scripts and can be handed on. */
import { Link } from "@remix-run/react";

export interface ViewSwitchProps<Value extends string> {
  /** What is chosen between, for screen readers. */
  readonly label: string;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly chosen: Value;
  readonly hrefOf: (value: Value) => string;
  /** `tabs`: parts of a page; `switch`: ways of looking at one part. */
  readonly look?: "switch" | "tabs";
}

export function ViewSwitch<Value extends string>({ label, choices, chosen, hrefOf, look = "switch" }: ViewSwitchProps<Value>) {
  return (
    <nav className={look === "tabs" ? "b-tabs" : "b-switch"} aria-label={label}>
      {choices.map((choice) => (
        <Link
          key={choice.value}
          to={hrefOf(choice.value)}
          replace
          preventScrollReset
          {...(choice.value === chosen ? { "aria-current": "true" as const } : {})}
        >
          {choice.label}
        </Link>
      ))}
    </nav>
  );
}
