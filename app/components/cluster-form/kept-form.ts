/**
 * What was typed into a form that is being sent, kept in this browser tab until the answer is a page: when the session has
 * ended meanwhile, signing in leads back to the form, which finds it here. Bound to the person and the form's address.
 */
import { useRouteLoaderData } from "@remix-run/react";
import { useEffect, useState } from "react";
import { intentField } from "#app/components/cluster-form/pool-intents.ts";
import { type Draft, typedIn } from "#app/components/cluster-form/draft.ts";

const storageKey = "berth.kept-form";

interface KeptForm {
  readonly person: string;
  readonly path: string;
  readonly values: Draft;
}

/** Of no use in a form that comes back, or not the person's to type. */
const leftOut = new Set(["key", "intent", "basedOn", intentField]);

export function keepForm(person: string, path: string, form: FormData): void {
  const values = Object.fromEntries(Object.entries(typedIn(form)).filter(([name]) => !leftOut.has(name)));
  store({ person, path, values });
}

/** Null for another person or another form. Whatever is there is used once. */
export function takeKeptForm(person: string, path: string): Draft | null {
  const kept = read();
  if (kept === null) return null;
  sessionStorage.removeItem(storageKey);
  return kept.person === person && kept.path === path ? kept.values : null;
}

function store(kept: KeptForm): void {
  try {
    sessionStorage.setItem(storageKey, JSON.stringify(kept));
  } catch {
    // Storage that is full or forbidden: then the form is not kept.
  }
}

function read(): KeptForm | null {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? "null");
    return isKeptForm(value) ? value : null;
  } catch {
    return null;
  }
}

const isKeptForm = (value: unknown): value is KeptForm =>
  typeof value === "object" &&
  value !== null &&
  "person" in value &&
  "path" in value &&
  "values" in value &&
  typeof value.values === "object" &&
  value.values !== null &&
  Object.values(value.values).every((text) => typeof text === "string");

export interface KeptFormState {
  readonly restored: Draft | null;
  readonly onSend: (form: HTMLFormElement) => void;
}

/** An answer at the form's own address, such as its errors or a page with a generated key: then nothing is to be restored. */
export function forgetAnsweredForm(answer: unknown): void {
  if (answer !== undefined) sessionStorage.removeItem(storageKey);
}

/** For the route of a form that is kept, with its action data. */
export function useAnsweredForm(answer: unknown): void {
  useEffect(() => forgetAnsweredForm(answer), [answer]);
}

/** A page that is shown to somebody who is signed in was reached: what was sent has been answered. */
export function useKeptForm(path: string): KeptFormState {
  const root = useRouteLoaderData<{ readonly viewer: { readonly name: string } | null }>("root");
  const person = root?.viewer?.name ?? "";
  const [restored, setRestored] = useState<Draft | null>(null);
  useEffect(() => setRestored(takeKeptForm(person, path)), [person, path]);
  return { restored, onSend: (form) => keepForm(person, path, new FormData(form)) };
}

/** Called on every page that a signed-in person reaches: an answered form is not offered again. */
export function forgetKeptForm(path: string): void {
  if (read()?.path !== path) sessionStorage.removeItem(storageKey);
}
