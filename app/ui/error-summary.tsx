/**
 * Everything wrong with a form as it was sent, in one list that leads to the fields; it takes the focus when it appears.
 * Until the form is sent again the list stays as long as it is: what was fixed since is crossed out, so that nothing below
 * moves under the pointer.
 */
import { useEffect, useRef, useState } from "react";

export interface FieldError {
  readonly fieldId: string;
  readonly message: string;
}

export interface ErrorSummaryProps {
  /** By the number of errors that are left. */
  readonly title: (count: number) => string;
  readonly errors: readonly FieldError[];
  /** How often the form was sent. */
  readonly sent: number;
  /** Read after an error that is gone. */
  readonly fixed: string;
}

const keyOf = ({ fieldId, message }: FieldError): string => fieldId + message;

export function ErrorSummary({ title, errors, sent, fixed }: ErrorSummaryProps) {
  const box = useRef<HTMLDivElement>(null);
  const [listed, setListed] = useState<{ readonly sent: number; readonly errors: readonly FieldError[] }>({ sent, errors });
  if (listed.sent !== sent || (listed.errors.length === 0 && errors.length > 0)) setListed({ sent, errors });
  const shown = listed.errors.length > 0;
  useEffect(() => {
    if (shown && sent > 0) box.current?.focus();
  }, [shown, sent]);
  if (!shown) return null;
  const open = new Set(errors.map((error) => error.fieldId));
  return (
    <div className="b-errors" role="alert" tabIndex={-1} ref={box}>
      <h2>{title(listed.errors.filter((error) => open.has(error.fieldId)).length)}</h2>
      <ul>
        {listed.errors.map((error) => (
          <li key={keyOf(error)} className={open.has(error.fieldId) ? "" : "b-fixed"}>
            <a href={`#${error.fieldId}`}>{error.message}</a>
            {!open.has(error.fieldId) && <span className="pf-v6-screen-reader"> {fixed}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
