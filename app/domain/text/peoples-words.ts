/**
 * What people type: labels, names, comments. Written in one way (NFC), without blanks around it, bounded in code points,
 * and free of characters that do harm. What passes here is stored and read back as it is.
 */
import { type CharacterFault, characterFault, codePoints } from "./characters.ts";

export type TextFault = { readonly fault: "long" } | { readonly fault: CharacterFault; readonly character: string };

/** No text of `limit` code points needs more UTF-16 units before it is composed; a longer one is not even normalised. */
const unitsPerCodePoint = 16;

const isHuge = (text: string, limit: number): boolean => text.length > limit * unitsPerCodePoint;

/** One line: composed, without blanks at both ends. */
export function normalLine(text: string, limit: number): string {
  const line = text.trim();
  return isHuge(line, limit) ? line : line.normalize("NFC");
}

/** What is wrong with a line that `normalLine` returned, or null. */
export function lineFault(line: string, limit: number): TextFault | null {
  if (isHuge(line, limit) || codePoints(line) > limit) return { fault: "long" };
  return characterFault(line);
}
