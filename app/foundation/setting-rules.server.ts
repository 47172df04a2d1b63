/** What values of settings may look like. */
import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import { z } from "zod";
import { isPrivate, overlap, parseCidr } from "#app/domain/network/ipv4.ts";
import { clusterFormDefaults } from "#app/forms/cluster-form.ts";

/** Where a server listens: `unix:<path>` or `<address>:<port>`. */
export type ListenAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

export type DatabaseAddress = { readonly kind: "sqlite"; readonly path: string } | { readonly kind: "postgres"; readonly url: string };

export const wholeNumber = (low: number, high: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .refine((n) => n >= low && n <= high);
export const port = wholeNumber(1, 65_535);
export const folder = z.string().refine(isAbsolute);
// Not as ipaddr.js reads them: it takes 127.1 and octal numbers, too.
export const ipAddress = z.string().refine((text) => isIP(text) !== 0);
const isWebUrl = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** Scheme, host and port alone. */
export function isOrigin(text: string): boolean {
  if (!isWebUrl(text)) return false;
  const { origin, pathname, href } = new URL(text);
  return pathname === "/" && href === `${origin}/`;
}

export function listenAddress(text: string): ListenAddress | null {
  if (text.startsWith("unix:")) return isAbsolute(text.slice(5)) ? { kind: "unix", path: text.slice(5) } : null;
  const [, v6, v4, portText] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = v6 ?? v4;
  if (host === undefined || isIP(host) === 0) return null;
  const read = port.safeParse(portText);
  return read.success ? { kind: "tcp", host, port: read.data } : null;
}

export function databaseAddress(text: string): DatabaseAddress | null {
  if (text.startsWith("sqlite:")) return isAbsolute(text.slice(7)) ? { kind: "sqlite", path: text.slice(7) } : null;
  // Without a host before the path the server's socket folder stands in ?host=.
  const filled = text.replace(/^(postgres(?:ql)?:\/\/[^/@]*@?)(?=\/)/, "$1localhost");
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(filled)) return null;
  return new URL(filled).pathname.length > 1 ? { kind: "postgres", url: text } : null;
}

export function isMachineRange(text: string): boolean {
  const range = parseCidr(text);
  return range !== null && range.bits >= 8 && range.bits <= 23 && isPrivate(range);
}

/** Whoever fills the form of a cluster would be told that the defaults of that form are impossible. */
export function rangeReason(text: string): string | null {
  const range = parseCidr(text);
  if (!range) return null;
  if (!isPrivate(range)) return "not all of its addresses are private";
  const defaults = { pods: clusterFormDefaults.podCidr, services: clusterFormDefaults.serviceCidr };
  const [whose, other] = Object.entries(defaults).find(([, cidr]) => overlap(range, parseCidr(cidr) ?? range)) ?? [];
  return other === undefined ? null : `it overlaps ${other}, the default range of ${whose}`;
}
