/**
 * One spelling for each address. Routers are lenient (letter case, percent-encoding, repeated slashes), access rules must
 * not be: an address is taken apart here once, and what is spelled differently is redirected or refused before any rule
 * is asked.
 */
import type { RouteRule } from "./access.ts";

// Control characters, and what other programs take for a separator.
const forbidden = /[\p{Cc}/\\]/u;

/** A request target as browsers write it: visible ASCII without `#` and `\`, which URL parsers cut off or rewrite. */
export const isPlainTarget = (target: string): boolean => /^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/.test(target);

/** Decoded segments of a path; null when its percent-encoding is broken. */
export function segmentsOf(path: string): readonly string[] | null {
  try {
    return path
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent);
  } catch {
    return null;
  }
}

/** A segment that can be a name: other parsers would not see a path in it. */
export const isName = (segment: string): boolean => segment !== "." && segment !== ".." && !forbidden.test(segment);

export interface PageAddress {
  readonly door: RouteRule;
  /** The one spelling of this address. */
  readonly path: string;
}

/** Matches as Remix does (any letter case in literal segments); literal segments win over parameters. */
export function pageAddress(doors: readonly RouteRule[], path: string): PageAddress | null {
  const data = path.endsWith(".data");
  const segments = segmentsOf(path === "/_root.data" ? "/" : path.slice(0, data ? -".data".length : undefined));
  if (segments === null || !segments.every(isName)) return null;
  const found = doors.map((door) => ({ door, pattern: patternOf(door) })).filter(({ pattern }) => matches(pattern, segments));
  const best = found.sort((a, b) => parameters(a.pattern) - parameters(b.pattern))[0];
  return best === undefined ? null : { door: best.door, path: spelled(best.pattern, segments, data) };
}

/** Taken apart once: every request is compared with all of them. */
const patterns = new WeakMap<RouteRule, readonly string[]>();

function patternOf(door: RouteRule): readonly string[] {
  const pattern = patterns.get(door) ?? door.path.split("/").filter((part) => part !== "");
  patterns.set(door, pattern);
  return pattern;
}

const isParameter = (part: string): boolean => part.startsWith(":");
const parameters = (pattern: readonly string[]): number => pattern.filter(isParameter).length;

const matches = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length && pattern.every((part, i) => isParameter(part) || part === segments[i]?.toLowerCase());

function spelled(pattern: readonly string[], segments: readonly string[], data: boolean): string {
  const path = `/${pattern.map((part, i) => (isParameter(part) ? encodeURIComponent(segments[i] ?? "") : part)).join("/")}`;
  if (!data) return path;
  return path === "/" ? "/_root.data" : `${path}.data`;
}
