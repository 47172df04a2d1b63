/** The sentences that Berth itself writes: in English they are shown as they are stored. */
import { joint, sentences } from "#app/domain/sentences.ts";

export const sentence = sentences;

export const sentenceParts = { joint } as const;
