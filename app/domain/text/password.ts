/**
 * Passwords as RFC 8265 (OpaqueString) compares them: the same characters are the same password, however a keyboard or a
 * browser composes them, and every kind of space is a space. Case and blanks at both ends count.
 */
import { characterFault, codePoints } from "./characters.ts";
import type { TextFault } from "./peoples-words.ts";

export const preparePassword = (typed: string): string => typed.replace(/\p{Zs}/gu, " ").normalize("NFC");

/** What is wrong with a new password (prepared), or null. Its characters are not named: it is a secret. */
export function passwordFault(password: string, limit: number): TextFault["fault"] | null {
  return codePoints(password) > limit ? "long" : (characterFault(password)?.fault ?? null);
}

/**
 * What may have been hashed when this was typed before: prepared, and, for accounts that are older than that rule, as it
 * was typed or in pieces (as macOS composes). Nearly always one.
 */
export const passwordCandidates = (typed: string): readonly string[] => {
  const prepared = preparePassword(typed);
  return [...new Set([prepared, typed, prepared.normalize("NFD")])];
};
