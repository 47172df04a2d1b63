/** Copying: a button of fixed size whose icon becomes a tick, and a line of text that carries one. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import "@patternfly/patternfly/components/Button/button.css";
import { putOnClipboard } from "./clipboard.ts";
import { Dialog } from "./dialog.tsx";
import { CheckIcon, CopyIcon } from "./icons.tsx";

export interface CopyWords {
  /** What the button does, e.g. "Copy API address". */
  readonly action: string;
  readonly done: string;
  /** Where the browser does not allow copying: what to do, and the button that ends it. */
  readonly byHand: string;
  readonly close: string;
  /** The text to copy could not be fetched. */
  readonly failed: string;
}

type Outcome = { readonly kind: "idle" | "done" | "failed" } | { readonly kind: "by-hand"; readonly text: string };

const idle: Outcome = { kind: "idle" };

export function CopyButton({
  text,
  words,
  label,
}: {
  readonly text: string | (() => Promise<string>);
  readonly words: CopyWords;
  readonly label?: ReactNode;
}) {
  const [outcome, setOutcome] = useState<Outcome>(idle);
  useReset(outcome, () => setOutcome(idle));
  const copy = async () => setOutcome(await copied(text));
  const plain = label === undefined;
  const message = outcome.kind === "done" ? words.done : outcome.kind === "failed" ? words.failed : "";
  return (
    <>
      <button
        type="button"
        className={`pf-v6-c-button b-needs-script ${plain ? "pf-m-plain b-copy" : "pf-m-secondary"}`}
        {...(plain ? { "aria-label": words.action, title: words.action } : {})}
        onClick={() => void copy()}
      >
        <span className={`pf-v6-c-button__icon ${plain ? "" : "pf-m-start"}`}>
          {outcome.kind === "done" ? <CheckIcon /> : <CopyIcon />}
        </span>
        {!plain && <span className="pf-v6-c-button__text">{label}</span>}
      </button>
      <span className={outcome.kind === "failed" ? "b-bad-text b-small" : "pf-v6-screen-reader"} role="status">
        {message}
      </span>
      {outcome.kind === "by-hand" && <ByHand text={outcome.text} words={words} onClose={() => setOutcome(idle)} />}
    </>
  );
}

/** An id, address or command that people take elsewhere. */
export function CopyLine({ text, words }: { readonly text: string; readonly words: CopyWords }) {
  return (
    <span className="b-copy-line">
      <code>{text}</code>
      <CopyButton text={text} words={words} />
    </span>
  );
}

/** The text, selected: one keystroke copies it. */
function ByHand({ text, words, onClose }: { readonly text: string; readonly words: CopyWords; readonly onClose: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.select(), []);
  return (
    <Dialog open onClose={onClose} label={words.byHand} className="b-by-hand">
      <p>{words.byHand}</p>
      <textarea
        ref={field}
        className="b-console b-console-short"
        readOnly
        value={text}
        rows={Math.min(12, text.split("\n").length + 1)}
        aria-label={words.action}
      />
      <div className="b-actions">
        <button type="button" className="pf-v6-c-button pf-m-secondary" onClick={onClose}>
          {words.close}
        </button>
      </div>
    </Dialog>
  );
}

function useReset(outcome: Outcome, reset: () => void): void {
  const latest = useRef(reset);
  latest.current = reset;
  useEffect(() => {
    if (outcome.kind === "idle" || outcome.kind === "by-hand") return;
    const timer = setTimeout(() => latest.current(), 2500);
    return () => clearTimeout(timer);
  }, [outcome]);
}

async function copied(text: string | (() => Promise<string>)): Promise<Outcome> {
  try {
    const value = typeof text === "string" ? text : await text();
    return (await putOnClipboard(value)) ? { kind: "done" } : { kind: "by-hand", text: value };
  } catch {
    return { kind: "failed" };
  }
}
