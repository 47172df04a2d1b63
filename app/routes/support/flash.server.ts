/** What the page after a redirect says was done. */
import { parseCookie } from "cookie";
import { type FlashCode, flashCodes } from "#app/components/layout/flash-codes.ts";
import { tenantPath } from "#app/components/shell/paths.ts";
import type { Params } from "./answers.server.ts";

const cookieName = "done";

export const flashCookie = (code: FlashCode): string => `${cookieName}=${code}; Path=/; Max-Age=30; SameSite=Lax; HttpOnly`;
export const spentFlashCookie = `${cookieName}=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly`;

/** The code in a `Cookie` header. */
export function flashOf(cookies: string | null): FlashCode | null {
  const value = parseCookie(cookies ?? "")[cookieName];
  return flashCodes.find((code) => code === value) ?? null;
}

/** A discarded draft leads to its tenant, a discarded change to its cluster. */
export const discardedHeaders = (path: string, params: Params): ResponseInit => ({
  headers: { "Set-Cookie": flashCookie(path === tenantPath(params["tenant"] ?? "") ? "draft-discarded" : "revision-discarded") },
});
