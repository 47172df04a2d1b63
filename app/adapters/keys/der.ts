/** The little of ASN.1's distinguished encoding that a certificate authority's certificate is written in. */

const tlv = (tag: number, content: Uint8Array): Buffer => Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, Buffer.concat(parts));
export const set = (...parts: readonly Uint8Array[]): Buffer => tlv(0x31, Buffer.concat(parts));
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
export const octets = (content: Uint8Array): Buffer => tlv(0x04, content);
export const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text));
/** An explicit context tag: `[n] EXPLICIT`. */
export const tagged = (n: number, content: Uint8Array): Buffer => tlv(0xa0 | n, content);
/** An implicit context tag over plain bytes: `[n] IMPLICIT`. */
export const implicit = (n: number, content: Uint8Array): Buffer => tlv(0x80 | n, content);

/** From unsigned big-endian bytes; leading zeros go, and one comes back where the sign bit would be set. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((b) => b !== 0);
  const digits = first < 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(first));
  return tlv(0x02, digits.readUInt8(0) >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

/** The given bits count from the most significant one of the first byte. */
export function bits(content: Uint8Array, unused = 0): Buffer {
  return tlv(0x03, Buffer.concat([Buffer.from([unused]), content]));
}

/** From dotted text. */
export function oid(text: string): Buffer {
  const [a = 0, b = 0, ...rest] = text.split(".").map(Number);
  return tlv(0x06, Buffer.from([a * 40 + b, ...rest.flatMap(base128)]));
}

function base128(value: number): readonly number[] {
  const digits = [value % 128];
  for (let n = Math.floor(value / 128); n > 0; n = Math.floor(n / 128)) digits.unshift(0x80 | n % 128);
  return digits;
}

/** RFC 5280: two-digit years up to 2049, four digits after. Whole seconds. */
export function time(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().replace(/[-:T]|\.\d+/g, "");
  return Number(digits.slice(0, 4)) < 2050 ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}
