import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Ending } from "./exit-codes.ts";
import { readPrivateFile, whileLocked, writePrivateFile } from "./private-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-file-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const modeOf = (path: string) => statSync(path).mode & 0o777;
const write = (path: string, replace = false) => writePrivateFile(path, "new", { replace, hint: "--force replaces it" });
const refusal = (run: () => void): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof Ending) return error.message;
    throw error;
  }
  return "nothing was refused";
};

test("a new file is its owner's alone, whatever the umask says", () => {
  const before = process.umask(0);
  try {
    write(at("new"));
  } finally {
    process.umask(before);
  }
  expect([readFileSync(at("new"), "utf8"), modeOf(at("new"))]).toEqual(["new", 0o600]);
});

test("an existing file is not replaced without being asked, and loses its open mode when it is", () => {
  for (const mode of [0o644, 0o666, 0o755]) {
    const path = at(`open-${mode}`);
    writeFileSync(path, "old");
    chmodSync(path, mode);
    expect(refusal(() => write(path))).toBe(`${path} exists already and was not changed: --force replaces it`);
    expect([readFileSync(path, "utf8"), modeOf(path)]).toEqual(["old", mode]);
    write(path, true);
    expect([readFileSync(path, "utf8"), modeOf(path)]).toEqual(["new", 0o600]);
  }
});

test("links, folders and pipes are refused, also when a file may be replaced, and what a link leads to stays", () => {
  writeFileSync(at("target"), "old");
  symlinkSync(at("target"), at("link"));
  symlinkSync(at("nothing"), at("dangling"));
  mkdirSync(at("sub"));
  execFileSync("mkfifo", [at("pipe")]);
  for (const replace of [false, true]) {
    expect(refusal(() => write(at("link"), replace))).toContain("is a symbolic link");
    expect(refusal(() => write(at("dangling"), replace))).toContain("is a symbolic link");
    expect(refusal(() => write(at("sub"), replace))).toContain("is a folder");
    expect(refusal(() => write(at("pipe"), replace))).toContain("not an ordinary file");
  }
  expect(refusal(() => void readPrivateFile(at("link")))).toContain("is a symbolic link");
  expect([readFileSync(at("target"), "utf8"), existsSync(at("nothing")), lstatSync(at("link")).isSymbolicLink()]).toEqual([
    "old",
    false,
    true,
  ]);
});

test("another name of the same file keeps the old content", () => {
  writeFileSync(at("one"), "old");
  linkSync(at("one"), at("two"));
  write(at("one"), true);
  expect(readFileSync(at("two"), "utf8")).toBe("old");
});

test("a missing folder, a file in its place and a name that is too long are told in a sentence", () => {
  writeFileSync(at("file"), "");
  expect(refusal(() => write(at("none/of/this")))).toBe(`the folder ${at("none/of")} does not exist: make it first`);
  expect(refusal(() => write(at("file/x")))).toBe(`${at("file")} is not a folder`);
  expect(refusal(() => write(at("x".repeat(300))))).toMatch(/: the name is too long$/);
});

test("nothing is left beside the file, whether it was written or refused", () => {
  write(at("a"));
  refusal(() => write(at("a")));
  expect(readdirSync(folder)).toEqual(["a"]);
});

test("while one program changes a file another is told so", () => {
  whileLocked(at("config"), () => {
    expect(refusal(() => whileLocked(at("config"), () => undefined))).toContain(`${at("config")}.lock exists`);
  });
  expect(readdirSync(folder)).toEqual([]);
});
