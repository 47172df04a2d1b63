/**
 * What the command line prints: the answer to standard output, everything else to standard error. The only place in it that
 * writes to a terminal: most of what is shown comes from elsewhere, and passes here without what a terminal acts on.
 */
import { plainLines } from "#app/domain/text/plain-lines.ts";

export type Format = "table" | "json" | "name";

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
}

export function printRows<T>(format: Format, rows: readonly T[], columns: readonly Column<T>[], name: (row: T) => string): void {
  switch (format) {
    case "json":
      return printJson(rows);
    case "name":
      return rows.forEach((row) => void print(name(row)));
    case "table":
      return print(table(rows, columns));
  }
}

export function printOne<T>(format: Format, value: T, lines: (value: T) => readonly string[], name: (value: T) => string): void {
  if (format === "json") printJson(value);
  else if (format === "name") print(name(value));
  else print(lines(value).join("\n"));
}

export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const cells = [columns.map((c) => c.title), ...rows.map((row) => columns.map((c) => oneLine(c.value(row))))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A question, in the line in which it is answered. */
export const prompt = (question: string): void => void process.stderr.write(plainLines(question));

const oneLine = (cell: string): string => plainLines(cell).replace(/\n/g, " ");

export const print = (text: string): void => void process.stdout.write(`${plainLines(text)}\n`);
export const say = (text: string): void => void process.stderr.write(`${plainLines(text)}\n`);

/** What JSON leaves as it is and a terminal acts on, or shows in another order. */
const unsafeInJson = /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** The same value, escaped. */
const safeJson = (value: unknown, indent: number): string =>
  JSON.stringify(value, null, indent).replace(unsafeInJson, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

export const printJson = (value: unknown): void => void process.stdout.write(`${safeJson(value, 2)}\n`);
/** In one line. */
export const sayJson = (value: unknown): void => void process.stderr.write(`${safeJson(value, 0)}\n`);

/** A file's content: byte for byte into a pipe, as plain lines onto a terminal. */
export const printDocument = (text: string): void => void process.stdout.write(process.stdout.isTTY ? plainLines(text) : text);

/** What the reader of arguments has to say: it repeats them. */
export const argumentOutput = {
  writeOut: (text: string): void => void process.stdout.write(plainLines(text)),
  writeErr: (text: string): void => void process.stderr.write(plainLines(text)),
};

/** `4:10`, `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export const moment = (epochMs: number | null): string =>
  epochMs === null ? "-" : new Date(epochMs).toISOString().replace("T", " ").slice(0, 19);
