/**
 * Text that others wrote (an engine, a guest, a host), as lines that can be shown anywhere: what a terminal would show of
 * it in the end, without anything that moves a cursor, hides text or turns its direction.
 */

/** Control sequences, control strings and single escapes, introduced by ESC or by their C1 code. */
const sequences =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g;
/** Control characters but for the tab, bidirectional overrides and isolates, zero-width characters that join nothing. */
const harmful = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u180e\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]/g;

/** Several lines stay several lines. */
export const plainLines = (text: string): string => text.split(/\r?\n/).map(plainLine).join("\n");

function plainLine(line: string): string {
  return lastUpdate(withoutRubbedOut(line.replace(sequences, "")))
    .replace(harmful, "")
    .toWellFormed();
}

/** A carriage return begins the line again: of `10%\r20%\r100%` the last is what stays on a screen. */
const lastUpdate = (line: string): string => (line.includes("\r") ? (line.split("\r").findLast((part) => part.trim() !== "") ?? "") : line);

/** A backspace takes a character back, as spinners and overstruck manual pages use it. */
function withoutRubbedOut(line: string): string {
  if (!line.includes("\b")) return line;
  const kept: string[] = [];
  for (const character of line) {
    if (character === "\b") kept.pop();
    else kept.push(character);
  }
  return kept.join("");
}

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Set into a sentence: what is written from right to left must not reorder the words around it (FSI … PDI). */
export function isolated(text: string): string {
  const plain = plainLines(text);
  return rightToLeft.test(plain) ? `\u2068${plain}\u2069` : plain;
}
