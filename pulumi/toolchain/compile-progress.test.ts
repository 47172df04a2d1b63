import { expect, test } from "vitest";
import { compileProgress } from "./compile-progress.ts";

function watched(): { lines: string[]; at: (ms: number) => void; progress: ReturnType<typeof compileProgress> } {
  const lines: string[] = [];
  let now = 0;
  const progress = compileProgress(
    "part",
    (line) => lines.push(line),
    () => now,
  );
  const at = (ms: number): void => {
    now = ms;
  };
  return { lines, at, progress };
}

test("many packages become a line every few seconds", () => {
  const { lines, at, progress } = watched();
  for (let package_ = 1; package_ <= 100; package_ += 1) {
    at(package_ * 100);
    progress.take(`example.com/module/v3/package_${package_}`);
  }
  progress.end();
  expect(lines).toEqual([
    "part: compiling",
    "part: 30 packages compiled (3 s)",
    "part: 60 packages compiled (6 s)",
    "part: 90 packages compiled (9 s)",
    "part: done (10 s)",
  ]);
});

test("downloads are counted until compiling begins", () => {
  const { lines, at, progress } = watched();
  at(4000);
  progress.take("go: downloading example.com/module v1.2.3");
  expect(lines.at(-1)).toBe("part: 1 modules downloaded (4 s)");
});

test("what the compiler complained about is kept", () => {
  const { progress } = watched();
  progress.take("example.com/module/package");
  progress.take("# example.com/module/package");
  progress.take("./main.go:7:2: undefined: nothing");
  expect(progress.complaints()).toBe("# example.com/module/package\n./main.go:7:2: undefined: nothing");
});
