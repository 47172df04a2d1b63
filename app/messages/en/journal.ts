/** What Berth writes into an operation's journal: its English words are the journal's own. */
import { joint, journalWords } from "#app/domain/operation/journal-words.ts";

export const journal = journalWords;

export const journalParts = { joint } as const;
