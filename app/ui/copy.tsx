/** Copying: a button of fixed size whose icon becomes a tick, and a line of text that carries one. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import { CheckIcon, CopyIcon, ExclamationTriangleIcon } from "./icons.tsx";

export interface CopyWords {
  /** What the button does, e.g. "Copy API address". */
  readonly action: string;
  readonly done: string;
  readonly refused: string;
}

type Outcome = "idle" | "done" | "refused";

export function CopyButton({ text, words, label }: { readonly text: string | (() => Promise<string>); readonly words: CopyWords; readonly label?: ReactNode }) {
  const [outcome, setOutcome] = useState<Outcome>("idle");
  useReset(outcome, () => setOutcome("idle"));
  const copy = async () => {
    setOutcome((await copyText(text)) ? "done" : "refused");
  };
  const icon = outcome === "idle" ? <CopyIcon /> : outcome === "done" ? <CheckIcon /> : <ExclamationTriangleIcon />;
  return (
    <>
      <Button
        variant={label === undefined ? "plain" : "secondary"}
        className={label === undefined ? "b-copy" : ""}
        icon={icon}
        {...(label === undefined ? { "aria-label": words.action, title: words.action } : {})}
        onClick={() => void copy()}
      >
        {label}
      </Button>
      <span className="pf-v6-screen-reader" role="status">
        {outcome === "done" ? words.done : outcome === "refused" ? words.refused : ""}
      </span>
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

function useReset(outcome: Outcome, reset: () => void): void {
  const latest = useRef(reset);
  latest.current = reset;
  useEffect(() => {
    if (outcome === "idle") return;
    const timer = setTimeout(() => latest.current(), 2500);
    return () => clearTimeout(timer);
  }, [outcome]);
}

async function copyText(text: string | (() => Promise<string>)): Promise<boolean> {
  try {
    const value = typeof text === "string" ? text : await text();
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return false; // no clipboard over plain HTTP, or refused by the person: the button says so
  }
}
