/** The guest's own program, with a hardware clock that is a file and a `date` that only says what it was told. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const program = join(import.meta.dirname, "../roles/node_image/files/berth-clock");
const now = 1_800_000_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-clock-"));
  writeFileSync(join(folder, "date"), `#!/bin/sh\n[ "$1" = +%s ] && { echo ${now}; exit; }\necho "$@" > ${folder}/set\n`);
  chmodSync(join(folder, "date"), 0o755);
});

afterEach(() => rmSync(folder, { recursive: true }));

function run(hardware: number) {
  writeFileSync(join(folder, "since_epoch"), `${hardware}\n`);
  const { status, stdout } = spawnSync("/bin/sh", [program, join(folder, "since_epoch")], {
    encoding: "utf8",
    env: { NODE_ENV: "test", PATH: `${folder}:/usr/bin:/bin` },
  });
  const set = spawnSync("cat", [join(folder, "set")], { encoding: "utf8" }).stdout;
  return { status, stdout, set };
}

test.each([0, 2, -2])("a difference of %i s is left alone", (seconds) => {
  expect(run(now + seconds)).toEqual({ status: 0, stdout: "", set: "" });
});

test.each([3, 240, -86_400])("a clock that is %i s behind is set by the hardware clock", (seconds) => {
  expect(run(now + seconds)).toEqual({
    status: 0,
    stdout: `the clock was ${seconds} s behind the host's: set\n`,
    set: `-s @${now + seconds}\n`,
  });
});
