/** What Berth itself wrote, in the reader's language. Anything else is given back as it is. */
import type { TFunction } from "i18next";
import { isSentence, joint, type SentenceName, recognise } from "#app/domain/sentences.ts";

/** `text`: one sentence of Berth's, or several that make up one reason. */
export function sentenceText(text: string, t: TFunction): string {
  const parts = partsOf(text.split(joint), t);
  return parts.map(({ said, known }, i) => (i === 0 ? said : (known ? t("sentenceParts.joint") : joint) + said)).join("");
}

interface Part {
  readonly said: string;
  /** It is one of Berth's sentences. */
  readonly known: boolean;
}

/** Berth joins three at most. What falls into more pieces is somebody else's long text. */
const mostPieces = 8;

/** A sentence may hold the joint itself, in words of others: the shortest run of pieces that is recognised is one. */
function partsOf(pieces: readonly string[], t: TFunction): readonly Part[] {
  if (pieces.length === 0) return [];
  if (pieces.length > mostPieces) return [{ said: pieces.join(joint), known: false }];
  for (let taken = 1; taken <= pieces.length; taken++) {
    const said = sentence(pieces.slice(0, taken).join(joint), t);
    if (said !== null) return [{ said, known: true }, ...partsOf(pieces.slice(taken), t)];
  }
  return [{ said: pieces[0] ?? "", known: false }, ...partsOf(pieces.slice(1), t)];
}

function sentence(text: string, t: TFunction): string | null {
  const recognised = recognise(text);
  if (recognised === null) return null;
  const values = Object.entries(recognised.values).map(([name, value]) => [name, isSentence(name) ? sentenceText(value, t) : value]);
  // Which values a sentence needs depends on the word; the type of `t` cannot follow that for all words at once.
  const say = t as (key: `sentence.${SentenceName}`, values: Readonly<Record<string, string>>) => string;
  return say(`sentence.${recognised.word}`, Object.fromEntries(values) as Readonly<Record<string, string>>);
}
