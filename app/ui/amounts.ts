/** Numbers as people read them: durations, sizes and times. Pure; the locale is always given. */

/** `4:10`, `1:02:09`; negative durations count as nothing. */
export function clockOf(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  const [minutes = 0, rest = 0] = parts;
  const two = (n: number) => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** GiB with at most one digit after the point, without the unit. */
export const gibOf = (mib: number): string => trimmed(mib / 1024);

export const trimmed = (n: number): string => String(Math.round(n * 10) / 10);

const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1.4 GiB`. */
export function bytesOf(bytes: number): string {
  let index = 0;
  let rest = bytes;
  while (rest >= 1024 && index < units.length - 1) {
    rest /= 1024;
    index += 1;
  }
  return `${trimmed(rest)} ${units[index] ?? "B"}`;
}

const steps = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

type SpokenUnit = (typeof steps)[number][0] | "second";

const spokenAmount = (amount: number, unit: SpokenUnit, locale: string): string =>
  new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(amount);

/** `4 minutes 7 seconds` in the language: the two largest units that say something. Negative durations count as nothing. */
export function spokenDuration(seconds: number, locale: string): string {
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const [unit, size] of [...steps, ["second", 1] as const]) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) parts.push(spokenAmount(amount, unit, locale));
  }
  return parts.length === 0 ? spokenAmount(0, "second", locale) : parts.slice(0, 2).join(" ");
}

/** `6 minutes` in the language, in the largest unit; below a minute `< 1 minute`. */
export function ageOf(from: number, now: number, locale: string): string {
  const seconds = (now - from) / 1000;
  const step = steps.find(([, size]) => seconds >= size);
  return step ? spokenAmount(Math.floor(seconds / step[1]), step[0], locale) : `< ${spokenAmount(1, "minute", locale)}`;
}

/** `3 minutes ago` in the language; within the last minute `now`. */
export function relativeTime(at: number, now: number, locale: string): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const seconds = Math.round((at - now) / 1000);
  const step = steps.find(([, size]) => Math.abs(seconds) >= size);
  return step ? format.format(Math.trunc(seconds / step[1]), step[0]) : format.format(0, "second");
}

/** Making a format takes far longer than using it. */
const absoluteFormats = new Map<string | undefined, Intl.DateTimeFormat>();

function absoluteFormat(zone: string | undefined): Intl.DateTimeFormat {
  const format =
    absoluteFormats.get(zone) ??
    new Intl.DateTimeFormat("en-CA", {
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      timeZoneName: "short",
      timeZone: zone,
    });
  absoluteFormats.set(zone, format);
  return format;
}

/** `2026-11-20 18:30:05 GMT+9`, with the zone named; `zone` undefined: the reader's own. */
export function absoluteTime(at: number, zone: string | undefined): string {
  const parts = absoluteFormat(zone).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((p) => p.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}:${part("second")} ${part("timeZoneName")}`;
}

/** `18:30:05`; `zone` undefined: the reader's own. */
export function timeOfDay(at: number, zone: string | undefined): string {
  return clockFormat(zone).format(at);
}

const clockFormats = new Map<string | undefined, Intl.DateTimeFormat>();

/** Kept: making one takes longer than formatting a thousand times with it. */
function clockFormat(zone: string | undefined): Intl.DateTimeFormat {
  const made =
    clockFormats.get(zone) ??
    new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone });
  clockFormats.set(zone, made);
  return made;
}
