/**
 * Answers of the API carry each message of Berth's as code and parameters for programs, and as an English text beside
 * them. Members that held only a text in earlier versions still hold it, under their name.
 */
import type { TFunction } from "i18next";
import { storedMessage, type StoredMessage } from "#app/domain/message/message.ts";
import type { Shortage } from "#app/domain/plan/plan.ts";
import { refusalMessage } from "#app/domain/plan/refusal-message.ts";
import { messagesText, messageText } from "#app/messages/message-text.ts";

type Members = Readonly<Record<string, unknown>>;

/** The same answer with texts. Doing it twice changes nothing. */
export function withTexts(answer: unknown, t: TFunction): unknown {
  if (Array.isArray(answer)) return answer.map((one) => withTexts(one, t));
  if (typeof answer !== "object" || answer === null) return answer;
  const members: Members = Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, withTexts(value, t)]));
  return { ...members, ...textsOf(answer as Members, t) };
}

function textsOf(members: Members, t: TFunction): Members {
  if (isMessage(members)) return { message: messageText(members, t) };
  if (isShortage(members)) return { message: messageText(refusalMessage(members), t) };
  return { ...eventTexts(members, t), ...reasonTexts(members, t), ...proofText(members, t), ...outcomeText(members, t) };
}

/** Of a journal entry. */
function eventTexts({ kind, message, did, stays }: Members, t: TFunction): Members {
  if (kind === "notice" && isMessage(message)) return { ...message, message: messageText(message, t) };
  if (kind === "recovery" && isMessages(did)) return { did: did.map((one) => messageText(one, t)), didMessages: withTexts(did, t) };
  if (kind === "cancel-rung" && isMessages(stays))
    return { stays: stays.map((one) => messageText(one, t)), staysMessages: withTexts(stays, t) };
  return {};
}

/** Of a failure and of a drift check that failed as `message`; of everything else as `reason`, null where there is none. */
function reasonTexts({ cause, at, reasons }: Members, t: TFunction): Members {
  if (!isMessages(reasons)) return {};
  const text = messagesText(reasons, t);
  return typeof cause === "string" || typeof at === "number" ? { message: text } : { reason: reasons.length === 0 ? null : text };
}

/** Of a row of a receipt. */
const proofText = ({ proof }: Members, t: TFunction): Members =>
  isMessage(proof) ? { proof: messageText(proof, t), proofMessage: withTexts(proof, t) } : {};

/** Of a step of set-up. */
const outcomeText = ({ outcome }: Members, t: TFunction): Members =>
  isMessages(outcome) ? { outcome: messagesText(outcome, t), outcomeMessages: withTexts(outcome, t) } : {};

const isMessage = (value: unknown): value is StoredMessage =>
  typeof value === "object" && value !== null && Object.keys(value).length === 2 && storedMessage.safeParse(value).success;

const isMessages = (value: unknown): value is readonly StoredMessage[] => Array.isArray(value) && value.every(isMessage);

const isShortage = (members: Members): members is Members & Shortage =>
  typeof members.code === "string" && typeof members.needed === "number" && typeof members.available === "number";
