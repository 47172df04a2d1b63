/** Keys that lead somewhere: one list, for the keyboard and for its help. Keys of a sequence follow each other within a second. */
import { dashboardPath, operationsPath, preferencesPath } from "#app/components/shell/paths.ts";

export const destinations = [
  { keys: ["g", "c"], name: "clusters", to: dashboardPath },
  { keys: ["g", "o"], name: "operations", to: operationsPath },
  { keys: ["g", "i"], name: "images", to: "/images" },
  { keys: ["g", "p"], name: "people", to: "/people" },
  { keys: ["g", ","], name: "preferences", to: preferencesPath },
] as const;

export type Stroke =
  | { readonly do: "search" }
  | { readonly do: "help" }
  | { readonly do: "go"; readonly to: string }
  /** The first key of a sequence. */
  | { readonly do: "wait" }
  | { readonly do: "nothing" };

export interface Press {
  readonly key: string;
  readonly ctrlOrMeta: boolean;
  readonly alt: boolean;
  /** The focus is in something that takes text. */
  readonly typing: boolean;
}

/** `before`: the first key of a sequence, when it was pressed just now. `single` false: only keys with Ctrl or ⌘. */
export function strokeOf(press: Press, before: string | null, single: boolean): Stroke {
  if (press.ctrlOrMeta && !press.alt && press.key.toLowerCase() === "k") return { do: "search" };
  if (!single || press.typing || press.ctrlOrMeta || press.alt) return { do: "nothing" };
  const there = destinations.find(({ keys }) => keys[0] === before && keys[1] === press.key);
  if (there !== undefined) return { do: "go", to: there.to };
  if (press.key === "/") return { do: "search" };
  if (press.key === "?") return { do: "help" };
  return destinations.some(({ keys }) => keys[0] === press.key) ? { do: "wait" } : { do: "nothing" };
}
