import { describe, expect, it } from "vitest";
import { dueChange, hoursText, isHoursFault, lastChange, nextChange, type PowerHours, powerAt, readHours } from "./power-hours.ts";

function hours(text: string): PowerHours {
  const read = readHours(text);
  return isHoursFault(read) ? expect.fail(`${text}: ${read.fault}`) : read;
}

const at = (text: string): number => Date.parse(text);
const office = hours("mon-fri 08:00-19:00 Europe/Berlin");

describe("what the power should be", () => {
  it.each([
    ["2026-01-05T07:00:00Z", "on"],
    ["2026-01-05T06:59:00Z", "saved"],
    ["2026-01-05T17:59:00Z", "on"],
    ["2026-01-05T18:00:00Z", "saved"],
    ["2026-01-10T10:00:00Z", "saved"],
    // In summer the same wall clock is an hour earlier.
    ["2026-07-06T06:00:00Z", "on"],
    ["2026-07-06T05:59:00Z", "saved"],
    ["2026-07-06T17:00:00Z", "saved"],
  ])("by the wall clock of the zone: %s is %s", (instant, power) => {
    expect(powerAt(office, at(instant))).toBe(power);
  });

  it("hours that go over midnight belong to the day on which they begin", () => {
    const night = hours("fri 22:00-04:00 UTC");
    expect(
      ["2026-01-09T21:59Z", "2026-01-09T22:00Z", "2026-01-10T03:59Z", "2026-01-10T04:00Z", "2026-01-09T03:00Z"].map((t) =>
        powerAt(night, at(t)),
      ),
    ).toEqual(["saved", "on", "on", "saved", "saved"]);
  });

  it("a day that ends at 24:00 and the next that begins at 00:00 leave no gap", () => {
    const whole = hours("mon 00:00-24:00, tue 00:00-24:00 UTC");
    expect(powerAt(whole, at("2026-01-05T23:59Z"))).toBe("on");
    expect(nextChange(whole, at("2026-01-05T12:00Z"))).toBe(at("2026-01-07T00:00Z"));
  });

  it("on the days when the clock changes, hours follow the wall clock", () => {
    const early = hours("sun 02:30-05:00 Europe/Berlin");
    // 29 March: 02:00 becomes 03:00, which is after 02:30.
    expect(
      [at("2026-03-29T00:59Z"), at("2026-03-29T01:00Z"), at("2026-03-29T02:59Z"), at("2026-03-29T03:00Z")].map((t) => powerAt(early, t)),
    ).toEqual(["saved", "on", "on", "saved"]);
    // 25 October: 03:00 becomes 02:00, and 02:30 comes twice.
    expect(
      ["2026-10-25T00:30Z", "2026-10-25T01:15Z", "2026-10-25T01:30Z", "2026-10-25T03:59Z", "2026-10-25T04:00Z"].map((t) =>
        powerAt(early, at(t)),
      ),
    ).toEqual(["on", "saved", "on", "on", "saved"]);
  });
});

describe("when it changes", () => {
  it("the next change is the end of the hours, or the beginning of the next ones, over a weekend as well", () => {
    expect(nextChange(office, at("2026-01-05T12:00:30Z"))).toBe(at("2026-01-05T18:00Z"));
    expect(nextChange(office, at("2026-01-09T18:00Z"))).toBe(at("2026-01-12T07:00Z"));
    expect(lastChange(office, at("2026-01-12T06:00Z"))).toBe(at("2026-01-09T18:00Z"));
    expect(lastChange(office, at("2026-01-12T07:00Z"))).toBe(at("2026-01-12T07:00Z"));
  });

  it("over the change of the clock it is the wall clock's hour", () => {
    expect(nextChange(office, at("2026-03-27T20:00Z"))).toBe(at("2026-03-30T06:00Z"));
    expect(nextChange(office, at("2026-10-23T20:00Z"))).toBe(at("2026-10-26T07:00Z"));
    expect(nextChange(hours("sun 02:30-05:00 Europe/Berlin"), at("2026-03-28T12:00Z"))).toBe(at("2026-03-29T01:00Z"));
  });

  it("in zones that differ from UTC by a part of an hour it is exact", () => {
    expect(nextChange(hours("daily 09:05-17:00 Asia/Kathmandu"), at("2026-01-05T00:00Z"))).toBe(at("2026-01-05T03:20Z"));
    expect(nextChange(hours("daily 00:00-00:05 Asia/Kolkata"), at("2026-01-05T18:31Z"))).toBe(at("2026-01-05T18:35Z"));
  });

  it("never, where it is always the same", () => {
    expect([nextChange(hours("daily 00:00-24:00 UTC"), 0), lastChange(hours("daily 00:00-24:00 UTC"), 0)]).toEqual([null, null]);
  });
});

describe("what the hours ask for", () => {
  const monday = at("2026-01-05T07:00Z");
  const due = (power: "on" | "saved", touchedAt: number, now: string) => dueChange({ hours: office, power, touchedAt }, at(now));

  it("is the power of the hours, since they began", () => {
    expect(due("saved", at("2026-01-02T18:01Z"), "2026-01-05T07:00:10Z")).toEqual({ power: "on", since: monday });
    expect(due("on", monday, "2026-01-05T18:03Z")).toEqual({ power: "saved", since: at("2026-01-05T18:00Z") });
  });

  it("is nothing where it is so already", () => {
    expect(due("on", 0, "2026-01-05T12:00Z")).toBeNull();
  });

  it("gives way to a person until the hours change again", () => {
    expect(due("on", at("2026-01-05T20:00Z"), "2026-01-05T21:00Z")).toBeNull();
    expect(due("on", at("2026-01-05T20:00Z"), "2026-01-06T18:00Z")).toEqual({ power: "saved", since: at("2026-01-06T18:00Z") });
  });
});

describe("hours as text", () => {
  it.each([
    "mon-fri 08:00-19:00 Europe/Berlin",
    "mon-thu 08:00-19:00, fri 08:00-15:30 Asia/Seoul",
    "sat+sun 10:00-14:00 UTC",
    "fri 22:00-04:00 America/Argentina/Ushuaia",
  ])("is read as it is written: %s", (text) => {
    expect(hoursText(hours(text))).toBe(text);
  });

  it("may have capitals, a whole week, and days over the end of the week", () => {
    expect(hours("Sat-Mon 10:00-12:00 UTC").on).toEqual([{ days: ["mon", "sat", "sun"], from: 600, to: 720 }]);
    expect(hoursText(hours("daily 06:00-24:00 UTC"))).toBe("mon-sun 06:00-00:00 UTC");
  });

  it.each([
    "",
    "Europe/Berlin",
    "mon-fri Europe/Berlin",
    "mon 8:00-9:00 UTC",
    "mon 08:00-25:00 UTC",
    "foo 08:00-09:00 UTC",
    "mon 08:60-09:00 UTC",
    "mon 08:01-09:00 UTC",
  ])("is refused where it names no hours: %s", (text) => {
    expect(readHours(text)).toEqual({ fault: "form" });
  });

  it("is refused where there is no such time zone", () => {
    expect(readHours("mon 08:00-09:00 Europe/Atlantis")).toEqual({ fault: "zone" });
  });
});
