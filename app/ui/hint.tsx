/**
 * A word with its meaning: shown on hover and on keyboard focus by style sheet alone, so that it works before the page
 * is alive; Escape puts it away.
 */
import { useId, useState, type KeyboardEvent, type ReactNode } from "react";

export function Hint({ text, children }: { readonly text: string; readonly children: ReactNode }) {
  const id = useId();
  const [dismissed, setDismissed] = useState(false);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") setDismissed(true);
  };
  const reset = () => setDismissed(false);
  return (
    <span className={dismissed ? "b-hint b-hint-away" : "b-hint"}>
      <button type="button" className="b-hint-word" aria-describedby={id} onKeyDown={onKeyDown} onMouseLeave={reset} onBlur={reset}>
        {children}
      </button>
      <span role="tooltip" id={id} className="b-hint-text">
        {text}
      </span>
    </span>
  );
}
