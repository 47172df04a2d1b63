/** A page of one sentence, for when no real page can be made. It needs nothing but itself, and looks again by itself. */
import type { TFunction } from "i18next";
import type { Language } from "#app/messages/languages.ts";

export interface PlainPage {
  readonly language: Language;
  readonly words: TFunction;
  readonly sentence: string;
  /** After so many seconds the browser asks again; null: asking again changes nothing. */
  readonly seconds: number | null;
  readonly nonce: string;
}

const style = `:root{color-scheme:light dark}body{margin:0;min-height:100vh;display:grid;place-content:center;padding:1.5rem;font:1rem/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}main{max-width:34rem;border-inline-start:4px solid #b98412;padding-inline-start:1.25rem}h1{margin:0 0 .5rem;font-size:1.375rem;font-weight:600}p{margin:.5rem 0}small{opacity:.75}`;

export function plainPage({ language, words: t, sentence, seconds, nonce }: PlainPage): string {
  const title = escaped(seconds === null ? t("missing.refused") : t("trouble.title"));
  const refresh = seconds === null ? "" : `<meta http-equiv="refresh" content="${seconds}">`;
  const again =
    seconds === null
      ? `<p><a href="/">${escaped(t("missing.home"))}</a></p>`
      : `<p><small>${escaped(t("trouble.again", { count: seconds }))}</small></p><p><a href="">${escaped(t("broken.again"))}</a></p>`;
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">${refresh}<title>${title} · Berth</title><style nonce="${nonce}">${style}</style></head><body><main><h1>${title}</h1><p>${escaped(sentence)}</p>${again}</main></body></html>\n`;
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
