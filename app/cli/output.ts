/** What the command line prints: the answer to standard output, everything else to standard error. */
export type Format = "table" | "json" | "name";

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
}

export function printRows<T>(format: Format, rows: readonly T[], columns: readonly Column<T>[], name: (row: T) => string): void {
  switch (format) {
    case "json":
      return print(JSON.stringify(rows, null, 2));
    case "name":
      return rows.forEach((row) => void print(name(row)));
    case "table":
      return print(table(rows, columns));
  }
}

export function printOne<T>(format: Format, value: T, lines: (value: T) => readonly string[], name: (value: T) => string): void {
  if (format === "json") print(JSON.stringify(value, null, 2));
  else if (format === "name") print(name(value));
  else print(lines(value).join("\n"));
}

export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const cells = [columns.map((c) => c.title), ...rows.map((row) => columns.map((c) => c.value(row)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells.map((line) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd()).join("\n");
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** `4:10`, `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export const moment = (epochMs: number | null): string => (epochMs === null ? "-" : new Date(epochMs).toISOString().replace("T", " ").slice(0, 19));
