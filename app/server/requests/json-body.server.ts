/** JSON from outside: bounded in depth before it is parsed. */
import { Problem } from "#app/domain/problem.ts";

/** Every body that the API reads is far flatter. */
const deepest = 16;

export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  if (depthOf(bytes) > deepest)
    throw new Problem({ code: "invalid", issues: [{ field: "", code: "field.deep", params: { max: deepest } }] });
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Problem({ code: "unreadable" });
  }
}

const [quote, backslash] = [0x22, 0x5c];
const opens = new Set([0x5b, 0x7b]);
const closes = new Set([0x5d, 0x7d]);

/** Levels of lists and objects, without building them. */
function depthOf(bytes: Buffer): number {
  let [depth, most, inText] = [0, 0, false];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (inText && byte === backslash) at += 1;
    else if (byte === quote) inText = !inText;
    else if (!inText && opens.has(byte)) depth += 1;
    else if (!inText && closes.has(byte)) depth -= 1;
    most = Math.max(most, depth);
  }
  return most;
}
