/**
 * Which characters of a text do harm. A control character moves a terminal's cursor and is refused by databases and
 * parsers; half of a surrogate pair is no character at all and does not survive a file; a character that is not visible,
 * or turns the direction of the text around it, makes one text look like another.
 */

export type CharacterFault = "control" | "invisible" | "broken";

export interface FoundFault {
  readonly fault: CharacterFault;
  /** `U+202E`. */
  readonly character: string;
}

const control = /\p{Cc}/u;
/** Format characters (bidirectional overrides and isolates, zero-width spaces, tags), line separators, fillers. */
const invisible = /[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

/**
 * Joiners and variation selectors are part of how Persian, Indic scripts and emoji are written, and harmless there:
 * behind a letter, a mark or a symbol; a joiner also before one.
 */
const harmlessUse =
  /(?<=[\p{L}\p{M}\p{So}\p{Sk}\p{N}])\p{Variation_Selector}|(?<=[\p{L}\p{M}\p{So}\p{Sk}\p{Variation_Selector}])[\u200c\u200d](?=[\p{L}\p{M}\p{So}])/gu;

/** The first harmful character, or null. */
export function characterFault(text: string): FoundFault | null {
  const half = /\p{Cs}/u.exec(text);
  if (half) return found("broken", half[0]);
  for (const character of text.replace(harmlessUse, "")) {
    if (control.test(character)) return found("control", character);
    if (invisible.test(character)) return found("invisible", character);
  }
  return null;
}

const found = (fault: CharacterFault, character: string): FoundFault => ({ fault, character: codePointName(character) });

export const codePointName = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Length as people count: an emoji of two UTF-16 units is one. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** At most so many code points of a text, for quoting it: never half a pair. */
export function excerpt(text: string, limit: number): string {
  // More units than this cannot be needed, and a text may be long.
  const points = [...text.slice(0, limit * 2 + 2)];
  return points.length > limit ? points.slice(0, limit).join("") : points.join("");
}
