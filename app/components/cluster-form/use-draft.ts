/** The form's text as typed so far: from the server's answer first, from the controls themselves afterwards. */
import { useState, type FormEvent } from "react";
import type { Draft } from "./offer.ts";

export function useDraft(initial: Draft): { readonly draft: Draft; readonly onInput: (event: FormEvent<HTMLFormElement>) => void } {
  const [draft, setDraft] = useState(initial);
  const onInput = (event: FormEvent<HTMLFormElement>) => setDraft({ ...initial, ...typedIn(event.currentTarget) });
  return { draft, onInput };
}

function typedIn(form: HTMLFormElement): Draft {
  const texts = [...new FormData(form)].filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(texts);
}
