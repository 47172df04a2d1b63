/** Messages for terminals, which are English. */
import { reasonsOf, type StoredMessage } from "#app/domain/message/message.ts";
import { en } from "./en.ts";
import { createTranslations } from "./i18n.ts";
import { messagesText } from "./message-text.ts";

const english = createTranslations("en", en).t;

export const inEnglish = (messages: readonly StoredMessage[]): string => messagesText(messages, english);

/** What an error says to people. */
export const errorInEnglish = (error: unknown): string => inEnglish(reasonsOf(error));
