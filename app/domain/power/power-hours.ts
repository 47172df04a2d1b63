/**
 * The hours of the week in which a cluster is to be on, and what follows from them at an instant. Pure: the clock is an argument.
 *
 * Hours are times of a wall clock, so they follow its changes: where a clock is put forward past the beginning of the hours, they
 * begin when it is; what it shows twice counts twice.
 */
/** Monday first, as people write a week. */
export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

/** As in a spec, which is made of these. */
type Power = "on" | "saved";

export interface OnHours {
  readonly days: readonly Weekday[];
  /** Minutes of the day. */
  readonly from: number;
  /** Minutes of the day; no later than `from`: on the next day. */
  readonly to: number;
}

export interface PowerHours {
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timeZone: string;
  readonly on: readonly OnHours[];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMinutes = 1_440;
/** Everything comes back within a week; one day more for the changes of the clock. */
const horizonMs = 8 * 24 * hourMs;

interface WallTime {
  /** Index in {@link weekdays}. */
  readonly day: number;
  /** Minutes of the day. */
  readonly minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  formats.set(timeZone, format);
  return format;
}

function wallTimeAt({ timeZone }: PowerHours, at: number): WallTime {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const day = indexOfDay(parts.get("weekday")?.toLowerCase());
  return { day, minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")) };
}

/** What the power should be at this instant (epoch milliseconds). */
export function powerAt(hours: PowerHours, at: number): Power {
  const { day, minute } = wallTimeAt(hours, at);
  const isDay = ({ days }: OnHours, index: number) => days.some((name) => name === weekdays[(index + 7) % 7]);
  const isOn = (one: OnHours): boolean => {
    if (one.from < one.to) return isDay(one, day) && minute >= one.from && minute < one.to;
    return (isDay(one, day) && minute >= one.from) || (isDay(one, day - 1) && minute < one.to);
  };
  return hours.on.some(isOn) ? "on" : "saved";
}

/** The next instant after `at` from which the power should be another; null: it is always the same. */
export const nextChange = (hours: PowerHours, at: number): number | null => changeFrom(hours, at, 1);

/** The instant up to `at` since which the power should be what it should be at `at`; null: it always was. */
export const lastChange = (hours: PowerHours, at: number): number | null => changeFrom(hours, at, -1);

/** Goes in steps so small that no hours begin and end within one. */
function changeFrom(hours: PowerHours, at: number, direction: 1 | -1): number | null {
  const step = direction * stepOf(hours) * minuteMs;
  const start = Math.floor(at / minuteMs) * minuteMs;
  const now = powerAt(hours, start);
  for (let near = start; Math.abs(near - start) < horizonMs; near += step) {
    const far = near + step;
    if (powerAt(hours, far) !== now) return direction === 1 ? boundary(hours, near, far) : boundary(hours, far, near);
  }
  return null;
}

/** Minutes, between 1 and 60: a divisor of all times that are named, so that no two boundaries lie within one step. */
function stepOf({ on }: PowerHours): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  // Zones differ from UTC by multiples of a quarter of an hour.
  return on.flatMap(({ from, to }) => [from, to]).reduce(divisor, 15);
}

/** The first minute from which the power is what it is at `after`; at `before` it is another. */
function boundary(hours: PowerHours, before: number, after: number): number {
  const wanted = powerAt(hours, after);
  let [low, high] = [before, after];
  while (high - low > minuteMs) {
    const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs;
    if (powerAt(hours, middle) === wanted) high = middle;
    else low = middle;
  }
  return high;
}

export interface Scheduled {
  readonly hours: PowerHours;
  /** Of the live revision. */
  readonly power: Power;
  /** When somebody last changed the cluster or asked for that; the hours give way to it until they change again. */
  readonly touchedAt: number;
}

/** What the hours ask for now, and since when; null: nothing. */
export function dueChange({ hours, power, touchedAt }: Scheduled, now: number): { readonly power: Power; readonly since: number } | null {
  const wanted = powerAt(hours, now);
  const since = lastChange(hours, now);
  return wanted === power || since === null || since <= touchedAt ? null : { power: wanted, since };
}

/* As text: `mon-fri 08:00-19:00, sat 10:00-14:00 Europe/Berlin` */

const timeText = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

export const hoursText = ({ timeZone, on }: PowerHours): string =>
  `${on.map(({ days, from, to }) => `${daysText(days)} ${timeText(from)}-${timeText(to)}`).join(", ")} ${timeZone}`;

/** Days that follow each other are written as a range. */
function daysText(days: readonly Weekday[]): string {
  const indexes = days.map((day) => weekdays.indexOf(day)).toSorted((a, b) => a - b);
  const [first, last] = [indexes[0] ?? 0, indexes.at(-1) ?? 0];
  const isRange = indexes.length > 2 && last - first === indexes.length - 1;
  return isRange ? `${weekdays[first]}-${weekdays[last]}` : indexes.map((index) => weekdays[index]).join("+");
}

/** Why a text names no hours. */
export const hoursFaults = ["form", "zone"] as const;
export type HoursFault = (typeof hoursFaults)[number];

export function readHours(text: string): PowerHours | { readonly fault: HoursFault } {
  const [, list = "", timeZone = ""] = /^(.+)\s+([A-Za-z][\w+\-/]*)$/.exec(text.trim()) ?? [];
  const on = list.split(",").map((part) => readPart(part.trim().toLowerCase()));
  if (on.some((one) => one === null)) return { fault: "form" };
  return isTimeZone(timeZone) ? { timeZone, on: on.filter((one) => one !== null) } : { fault: "zone" };
}

export const isHoursFault = (read: PowerHours | { readonly fault: HoursFault }): read is { readonly fault: HoursFault } => "fault" in read;

function readPart(text: string): OnHours | null {
  const [, dayText = "", from = "", to = ""] = /^(\S+)\s+(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  const days = readDays(dayText);
  const [begin, end] = [readTime(from), readTime(to)];
  return days === null || begin === null || end === null ? null : { days, from: begin, to: end % dayMinutes };
}

const dayNames: readonly string[] = weekdays;
/** -1: it is no day's name. */
const indexOfDay = (name: string | undefined): number => dayNames.indexOf(name ?? "");

/** `mon-fri`, `sat+sun`, `daily`. A range may go over the end of the week. */
function readDays(text: string): readonly Weekday[] | null {
  if (text === "daily") return weekdays;
  const [, first, last] = /^([a-z]{3})-([a-z]{3})$/.exec(text) ?? [];
  const [from, to] = [indexOfDay(first), indexOfDay(last)];
  if (from >= 0 && to >= 0)
    return weekdays.filter((_, index) => (from <= to ? index >= from && index <= to : index >= from || index <= to));
  const days = text.split("+").map((name) => weekdays.find((day) => day === name));
  return days.some((day) => day === undefined) ? null : [...new Set(days.filter((day) => day !== undefined))];
}

/** To five minutes. `24:00` is the end of the day. */
function readTime(text: string): number | null {
  const [hour, minute] = text.split(":").map(Number);
  if (
    hour === undefined ||
    minute === undefined ||
    Number.isNaN(hour) ||
    minute > 59 ||
    minute % 5 !== 0 ||
    hour * 60 + minute > dayMinutes
  )
    return null;
  return hour * 60 + minute;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
