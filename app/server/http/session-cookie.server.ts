/** The session cookie: the session's secret with a signature, so that guesses are turned away without a check-up. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { parseCookie } from "cookie";

export interface SessionCookie {
  /** `Set-Cookie` value for a session that ends at `expiresAt` (epoch milliseconds). */
  issue(secret: string, expiresAt: number): string;
  /** `Set-Cookie` value that removes it. */
  clear(): string;
  /** The secret in a `Cookie` header when its signature is right. */
  read(header: string | undefined): string | null;
}

export function sessionCookie(key: Buffer, publicUrl: string): SessionCookie {
  const secure = publicUrl.startsWith("https:");
  // The prefix forbids a neighbouring host name to set it; browsers accept it only over TLS.
  const name = secure ? "__Host-berth" : "berth_session";
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  const sign = (secret: string) => createHmac("sha256", key).update(secret).digest("base64url");
  return {
    issue: (secret, expiresAt) => `${name}=${secret}.${sign(secret)}; Expires=${new Date(expiresAt).toUTCString()}; ${attributes}`,
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
    read: (header) => {
      const [secret, signature, ...rest] = (cookieOf(header, name) ?? "").split(".");
      if (!secret || !signature || rest.length > 0) return null;
      return same(signature, sign(secret)) ? secret : null;
    },
  };
}

/** Value of one cookie, undecoded; null when absent. */
export const cookieOf = (header: string | undefined, name: string): string | null =>
  parseCookie(header ?? "", { decode: (value) => value })[name] ?? null;

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
