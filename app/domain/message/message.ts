/**
 * What Berth says in journals, receipts, failures and the state of set-up: a code and its parameters. Text is made of it
 * where somebody reads it, in that person's language (`app/messages/message-text.ts`).
 */
import { z } from "zod";
import { messageParams, obstacleParams, type ParamTypes, things } from "./codes.ts";

type Table = typeof messageParams;
export type MessageCode = keyof Table;
export type ParamsOf<Code extends MessageCode> = {
  readonly [Name in keyof Table[Code]]: Table[Code][Name] extends keyof ParamTypes ? ParamTypes[Table[Code][Name]] : never;
};

/** A code without parameters takes none. */
type Given<Code extends MessageCode> = keyof Table[Code] extends never ? [] : [params: ParamsOf<Code>];

export interface Message<Code extends MessageCode = MessageCode> {
  readonly code: Code;
  readonly params: Readonly<Record<string, string | number | readonly string[]>>;
}

export const message = <Code extends MessageCode>(code: Code, ...given: Given<Code>): Message<Code> => ({ code, params: given[0] ?? {} });

/** The words of another program, or of an error that is not Berth's. Secrets are the caller's concern. */
export const reported = (text: string): Message => message("reported", { text });

export type ObstacleCode = keyof typeof obstacleParams;
export const messageCodes = Object.keys(messageParams) as readonly MessageCode[];
export const obstacleCodes = Object.keys(obstacleParams) as readonly ObstacleCode[];

export const isMessageCode = (text: string): text is MessageCode => Object.hasOwn(messageParams, text);

/** As stored: perhaps by a newer version, whose codes this one does not know. */
export interface StoredMessage {
  readonly code: string;
  readonly params: Message["params"];
}

export const storedMessage = z.object({
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())])),
});

const paramSchemas = {
  text: z.string(),
  number: z.number(),
  texts: z.array(z.string()),
  time: z.string(),
  thing: z.enum(things),
} as const satisfies Readonly<Record<keyof ParamTypes, z.ZodType>>;

/** Null: the code is unknown here. */
export const paramKindsOf = (code: string): Readonly<Record<string, keyof ParamTypes>> | null =>
  isMessageCode(code) ? messageParams[code] : null;

/** Whether this version knows the code, and every parameter is there. */
export function isComplete(stored: StoredMessage): stored is Message {
  const kinds = paramKindsOf(stored.code);
  return kinds !== null && Object.entries(kinds).every(([name, kind]) => paramSchemas[kind].safeParse(stored.params[name]).success);
}

/** An error that knows what to say to people. `message` is for logs. */
export class MessageError extends Error {
  readonly reasons: readonly Message[];
  constructor(reasons: readonly Message[], options?: ErrorOptions) {
    super(reasons.map(forLogs).join("; "), options);
    this.reasons = reasons;
  }
}

/** Reasons for people: those of a {@link MessageError}, else the error's own words. */
export const reasonsOf = (error: unknown): readonly Message[] =>
  error instanceof MessageError ? error.reasons : [reported(error instanceof Error ? error.message : String(error))];

/** Everything in a message that may be words of others, for finding out what they mean. */
export const wordsIn = (messages: readonly Message[]): string =>
  messages.flatMap(({ params }) => Object.values(params).map(String)).join("\n");

/** For logs: what others reported as it is, everything else by its code. */
export const forLogs = ({ code, params }: Message): string =>
  code === "reported"
    ? String(params.text)
    : [code, ...Object.entries(params).map(([name, value]) => `${name}=${String(value)}`)].join(" ");
