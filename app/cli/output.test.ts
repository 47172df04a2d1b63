import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { print, printJson, printRows, say } from "./output.ts";

const written: string[] = [];
beforeEach(() => {
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  written.length = 0;
});

const hostile = "laptop\u001b[2J\u009b31m\u202eevil\u2066\u0007\nsecond line";

describe("the command line's printer", () => {
  it("prints nothing that a terminal acts on", () => {
    print(hostile);
    say(hostile);
    expect(written).toEqual(["laptopevil\nsecond line\n", "laptopevil\nsecond line\n"]);
  });

  it("keeps a row of a table in its line", () => {
    printRows(
      "table",
      [hostile, "b"],
      [
        { title: "LABEL", value: (row) => row },
        { title: "N", value: () => "1" },
      ],
      (row) => row,
    );
    expect(written.join("")).toBe("LABEL                   N\nlaptopevil second line  1\nb                       1\n");
  });

  it("prints JSON that reads back as it was", () => {
    printJson([hostile]);
    const text = written.join("");
    expect(JSON.parse(text)).toEqual([hostile]);
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u);
  });
});
