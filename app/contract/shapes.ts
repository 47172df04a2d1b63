/**
 * What the answers of every subject are made of. A schema describes an answer as the API gives it. Its input type is the
 * same answer as services give it to pages: messages of Berth's are code and parameters there, without an English text.
 */
import { z } from "zod";
import { type Message, storedMessage } from "#app/domain/message/message.ts";

type Immutable<T> = T extends readonly (infer E)[]
  ? readonly Immutable<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Immutable<T[K]> }
    : T;

/** The answer as services give it, and as pages read it. */
export type Answer<Schema extends z.ZodType> = Immutable<z.input<Schema>>;

/** The answer as the API gives it, with texts, and as the command line reads it. */
export type ApiAnswer<Schema extends z.ZodType> = Immutable<z.output<Schema>>;

/** Of an answer with messages: `Given` is what services give; the schema describes it with the texts that the API adds. */
export const givenAs =
  <Given>() =>
  <Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema>, Given> =>
    schema as unknown as z.ZodType<z.output<Schema>, Given>;

export const message = givenAs<Message>()(storedMessage.extend({ message: z.string().describe("The same as an English text") }));

export const time = z.number().describe("Epoch milliseconds");
export const maybeTime = time.nullable();

/**
 * A word in a stored document. Its type is what this version writes; earlier versions may have written another word, which
 * leaves the portal as it stands.
 */
export const storedWord = <Word extends string>(): z.ZodType<Word, Word> => z.string() as unknown as z.ZodType<Word, Word>;

/** Of an answer that is one page of a list. */
export const listPage = z.object({
  total: z.number().describe("On all pages together"),
  skipped: z.number().describe("How many come before this page"),
  next: z.string().nullable().describe("Cursor of the next page; null: this is the last one"),
});

export const amounts = z.object({ vcpus: z.number(), memoryMiB: z.number(), diskGiB: z.number() });
