/** A message of Berth's in the reader's language. */
import type { TFunction } from "i18next";
import { isComplete, type MessageCode, paramKindsOf, type StoredMessage } from "#app/domain/message/message.ts";
import { things, type Thing } from "#app/domain/message/codes.ts";

/** One that another version wrote, and this one does not know, is shown by its code and parameters. */
export function messageText(message: StoredMessage, t: TFunction): string {
  if (!isComplete(message)) return t("messageParts.unknown", { code: message.code, params: JSON.stringify(message.params) });
  const kinds = paramKindsOf(message.code) ?? {};
  const params = Object.entries(message.params).map(([name, value]) => [name, paramText(kinds[name], value, t)]);
  // Which parameters a text needs depends on the code; the type of `t` cannot follow that for all codes at once.
  const say = t as (key: `message.${MessageCode}`, params: Readonly<Record<string, string | number>>) => string;
  return say(`message.${message.code}`, Object.fromEntries(params) as Readonly<Record<string, string | number>>);
}

/** Several messages that make up one reason. */
export const messagesText = (messages: readonly StoredMessage[], t: TFunction): string =>
  messages.map((message, i) => (i === messages.length - 1 ? messageText(message, t) : asSentence(messageText(message, t)))).join(" ");

const asSentence = (text: string): string => (/[.!?…:]$/.test(text) ? text : `${text}.`);

const isThing = (value: unknown): value is Thing => things.some((thing) => thing === value);

function paramText(kind: string | undefined, value: string | number | readonly string[], t: TFunction): string | number {
  if (typeof value === "object") return value.join(", ");
  if (kind === "time" && value === "") return t("messageParts.unknownTime");
  return kind === "thing" && isThing(value) ? t(`thing.${value}`) : value;
}
