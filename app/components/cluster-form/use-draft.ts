/** The form's text as typed so far: from the server's answer first, from the controls themselves afterwards. */
import { useState, type FormEvent } from "react";
import { type Draft, typedIn, typedOver } from "./draft.ts";

export interface DraftState {
  readonly draft: Draft;
  readonly onInput: (event: FormEvent<HTMLFormElement>) => void;
  /** Reads the controls again: some were added or removed. */
  readonly reread: (form: HTMLFormElement) => void;
}

export function useDraft(initial: Draft): DraftState {
  const [draft, setDraft] = useState(initial);
  const reread = (form: HTMLFormElement) => setDraft(typedOver(initial, typedIn(new FormData(form))));
  return { draft, reread, onInput: (event) => reread(event.currentTarget) };
}
