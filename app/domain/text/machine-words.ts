/** Words that programs give: slugs, ids, cursors, hashes. They have an exact grammar, so what does not fit it is nothing that exists. */
import { isLabel } from "#app/domain/cluster/names.ts";

export const grammars = {
  /** Name of a tenant, a person or a cluster. */
  label: isLabel,
  /** Ids of operations, people, tokens, clusters; also cursors, which are ids. */
  id: (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text),
  /** `sha256:…`. */
  hash: (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9:+/=_-]{0,199}$/.test(text),
  /** Ids of rows of drift contain names of things on the host, which others may have given. */
  rowId: (text: string): boolean => text !== "" && text.length <= 300 && !/[\p{Cc}\p{Cs}]/u.test(text),
  /** `Idempotency-Key`: visible ASCII. */
  requestKey: (text: string): boolean => /^[\x21-\x7e]{1,200}$/.test(text),
} as const satisfies Readonly<Record<string, (text: string) => boolean>>;

export type Grammar = keyof typeof grammars;

export const fits = (grammar: Grammar, text: string): boolean => grammars[grammar](text);
