/** Where released files come from: the setting BERTH_RELEASES. */
import { isAbsolute, join } from "node:path";

export type ReleaseSource =
  /** From nowhere: everything is compiled. */
  | { readonly kind: "none" }
  /** From where they are released. */
  | { readonly kind: "upstream" }
  /** From a folder or an address that holds each file as `<host>/<path>`, the way `wget --force-directories` writes it. */
  | { readonly kind: "folder"; readonly folder: string }
  | { readonly kind: "mirror"; readonly address: string };

/** Null: the text is no source. */
export function releaseSource(text: string): ReleaseSource | null {
  if (text === "build") return { kind: "none" };
  if (text === "auto") return { kind: "upstream" };
  if (isAbsolute(text)) return { kind: "folder", folder: text };
  if (!URL.canParse(text)) return null;
  const { protocol, search, hash } = new URL(text);
  if ((protocol !== "https:" && protocol !== "http:") || search !== "" || hash !== "") return null;
  return { kind: "mirror", address: text.replace(/\/+$/, "") };
}

/** The path of a file in a folder or mirror. */
export function mirrorPath(url: string): string {
  const { host, pathname } = new URL(url);
  return join(host, decodeURIComponent(pathname));
}
