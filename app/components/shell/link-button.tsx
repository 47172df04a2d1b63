/** A link that looks like the button of its weight, and a form button that shows it is at work. */
import { Link, useNavigation } from "@remix-run/react";
import type { ReactNode } from "react";

export type Weight = "primary" | "secondary" | "danger" | "link" | "plain";

const classOf = (weight: Weight): string => `pf-v6-c-button pf-m-${weight}`;

export interface LinkButtonProps {
  readonly to: string;
  readonly weight?: Weight;
  readonly children: ReactNode;
  /** A file, not a page. */
  readonly download?: boolean;
  /** Load the whole document again. */
  readonly reload?: boolean;
  /** Stands in a line of text. */
  readonly inline?: boolean;
}

export function LinkButton({ to, weight = "secondary", children, download = false, reload = false, inline = false }: LinkButtonProps) {
  return (
    <Link
      to={to}
      className={inline ? `${classOf(weight)} pf-m-inline` : classOf(weight)}
      reloadDocument={download || reload}
      {...(download ? { download: true } : {})}
    >
      <span className="pf-v6-c-button__text">{children}</span>
    </Link>
  );
}

export interface SubmitProps {
  readonly weight?: Weight;
  readonly children: ReactNode;
  readonly name?: string;
  readonly value?: string;
  readonly label?: string;
  readonly disabled?: boolean;
  readonly id?: string;
}

export function Submit({ weight = "primary", children, name, value, label, id, disabled = false }: SubmitProps) {
  const navigation = useNavigation();
  const busy = navigation.state !== "idle" && navigation.formMethod === "POST";
  return (
    <button
      type="submit"
      id={id}
      className={classOf(weight)}
      name={name}
      value={value}
      aria-label={label}
      disabled={disabled}
      aria-disabled={busy}
      aria-busy={busy}
    >
      <span className="pf-v6-c-button__text">{children}</span>
    </button>
  );
}
