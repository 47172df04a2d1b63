/** Things that can just have been done. A cookie carries the code over the redirect, and the next page takes it away. */
export const flashCodes = ["draft-discarded", "revision-discarded", "preferences-saved"] as const;
export type FlashCode = (typeof flashCodes)[number];

const cookieName = "done";

export const flashCookie = (code: FlashCode): string => `${cookieName}=${code}; Path=/; Max-Age=30; SameSite=Lax; HttpOnly`;
export const spentFlashCookie = `${cookieName}=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly`;

export function flashOf(cookies: string | null): FlashCode | null {
  const value = (cookies ?? "")
    .split(";")
    .map((part) => part.trim().split("="))
    .find(([name]) => name === cookieName)?.[1];
  return flashCodes.find((code) => code === value) ?? null;
}
