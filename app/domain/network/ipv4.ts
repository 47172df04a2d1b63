/** IPv4 addresses and ranges as plain numbers: just enough to allocate, compare and print them. */

export interface Cidr {
  /** First address of the range, as an unsigned 32-bit number. */
  readonly base: number;
  /** Prefix length, 0–32. */
  readonly bits: number;
}

/** The address as an unsigned number, or null when the text is not exactly four decimal octets. */
export function parseIpv4(text: string): number | null {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (!octets || octets.some((o) => Number(o) > 255 || (o.length > 1 && o.startsWith("0")))) return null;
  return octets.reduce((sum, o) => sum * 256 + Number(o), 0);
}

export const formatIpv4 = (address: number): string => [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");

/** The range, or null when the text is malformed or has bits set below its prefix. */
export function parseCidr(text: string): Cidr | null {
  const [, address = "", length = ""] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
  const base = parseIpv4(address);
  const bits = Number(length);
  if (base === null || length === "" || bits > 32 || (length.length > 1 && length.startsWith("0"))) return null;
  return base % sizeOf({ base, bits }) === 0 ? { base, bits } : null;
}

export const formatCidr = (range: Cidr): string => `${formatIpv4(range.base)}/${range.bits}`;

/** How many addresses the range holds. */
export const sizeOf = (range: Cidr): number => 2 ** (32 - range.bits);

export const overlap = (a: Cidr, b: Cidr): boolean => a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a);

export const contains = (range: Cidr, address: number): boolean => address >= range.base && address < range.base + sizeOf(range);

const privateRanges: readonly Cidr[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].flatMap((r) => {
  const range = parseCidr(r);
  return range ? [range] : [];
});

/** True for ranges that lie wholly inside private (RFC 1918) or shared (RFC 6598) space. */
export const isPrivate = (range: Cidr): boolean => privateRanges.some((p) => p.bits <= range.bits && contains(p, range.base));
