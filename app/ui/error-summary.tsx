/**
 * Everything wrong with a form, in one list that leads to the fields; it takes the focus when it appears. Until the form is
 * sent again the list does not get shorter: what was fixed since is crossed out, so that nothing below moves up under the
 * pointer.
 */
import { useEffect, useRef, useState } from "react";
import { type FieldError, nextErrorList, openCount, sentErrors } from "./listed-errors.ts";

export interface ErrorSummaryProps {
  /** By the number of errors that are left, which can be none. */
  readonly title: (count: number) => string;
  readonly errors: readonly FieldError[];
  /** How often the form was sent. */
  readonly sent: number;
  /** Read after an error that is gone. */
  readonly fixed: string;
}

export function ErrorSummary({ title, errors, sent, fixed }: ErrorSummaryProps) {
  const box = useRef<HTMLDivElement>(null);
  const [last, setLast] = useState(() => sentErrors(sent, errors));
  const list = nextErrorList(last, sent, errors);
  if (list !== last) setLast(list);
  const shown = list.errors.length > 0;
  useEffect(() => {
    if (shown && sent > 0) box.current?.focus();
  }, [shown, sent]);
  if (!shown) return null;
  return (
    <div className="b-errors" role="alert" tabIndex={-1} ref={box}>
      <h2>{title(openCount(list))}</h2>
      <ul>
        {list.errors.map((error, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a place in the list keeps its field, whatever its message
          <li key={`${error.fieldId} ${place}`} className={error.fixed ? "b-fixed" : ""}>
            <a href={`#${error.fieldId}`}>{error.message}</a>
            {error.fixed && <span className="pf-v6-screen-reader"> {fixed}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
