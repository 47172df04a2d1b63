/**
 * Files with secrets in them that a person asked for: only their owner can read them (mode 0600, whatever was there
 * before), readers see the old or the new content and nothing between, and no symbolic link is followed.
 */
import { randomBytes } from "node:crypto";
import {
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Ending, exitCodes } from "./exit-codes.ts";

/** Ends the program with a sentence when {@link writePrivateFile} could not write there. Nothing is written. */
export function demandWritable(path: string, { replace, hint }: { readonly replace: boolean; readonly hint: string }): void {
  demandFolder(dirname(path));
  const there = statOf(path);
  if (there === null) return;
  demandRegular(path, there);
  if (!replace) throw existsAlready(path, hint);
}

/** `keepOwner`: the file that is there keeps its owner, for content that is theirs, too. */
export interface WriteRequest {
  readonly replace: boolean;
  /** How to continue where the file exists and must not be replaced. */
  readonly hint: string;
  readonly keepOwner?: boolean;
}

export function writePrivateFile(path: string, text: string, request: WriteRequest): void {
  demandWritable(path, request);
  const there = statOf(path);
  const beside = join(dirname(path), `.berth-${randomBytes(8).toString("hex")}.part`);
  try {
    writeNew(beside, text);
    if (request.keepOwner && there && process.getuid?.() === 0) chownSync(beside, there.uid, there.gid);
    putInPlace(beside, path, request);
  } catch (error) {
    throw error instanceof Ending ? error : new Ending(exitCodes.failed, `writing ${path}: ${reasonOf(error)}`);
  } finally {
    rmSync(beside, { force: true });
  }
}

/** Null when there is no such file. Ends the program where it cannot be read, or is no ordinary file. */
export function readPrivateFile(path: string): string | null {
  const there = statOf(path);
  if (there === null) return null;
  demandRegular(path, there);
  try {
    return readNoLink(path);
  } catch (error) {
    throw new Ending(exitCodes.failed, `reading ${path}: ${reasonOf(error)}`);
  }
}

function readNoLink(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** Runs `change` while `<path>.lock` exists, as kubectl does: two programs that change one file do not undo each other. */
export function whileLocked(path: string, change: () => void): void {
  const lock = `${path}.lock`;
  demandFolder(dirname(path));
  try {
    closeSync(openSync(lock, "wx", 0o600));
  } catch (error) {
    if (codeOf(error) === "EEXIST")
      throw new Ending(exitCodes.refused, `${lock} exists: another program is changing ${path}. Delete the lock file if none is`);
    throw new Ending(exitCodes.failed, `writing ${lock}: ${reasonOf(error)}`);
  }
  try {
    change();
  } finally {
    rmSync(lock, { force: true });
  }
}

function writeNew(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    fchmodSync(file, 0o600);
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A hard link is never made over a file that appeared in the meantime; some file systems have none. */
function putInPlace(beside: string, path: string, { replace, hint }: WriteRequest): void {
  if (replace) return renameSync(beside, path);
  try {
    linkSync(beside, path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw existsAlready(path, hint);
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(codeOf(error))) throw error;
    renameSync(beside, path);
  }
}

const existsAlready = (path: string, hint: string): Ending =>
  new Ending(exitCodes.refused, `${path} exists already and was not changed: ${hint}`);

function demandRegular(path: string, there: Stats): void {
  if (there.isFile()) return;
  const what = there.isSymbolicLink()
    ? "a symbolic link, and links are not followed"
    : there.isDirectory()
      ? "a folder"
      : "not an ordinary file";
  throw new Ending(exitCodes.refused, `${path} is ${what}: nothing was written`);
}

function demandFolder(folder: string): void {
  try {
    if (lstatSync(join(folder, ".")).isDirectory()) return;
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new Ending(exitCodes.invalid, `the folder ${folder} does not exist: make it first`);
    if (codeOf(error) !== "ENOTDIR") throw new Ending(exitCodes.failed, `reading ${folder}: ${reasonOf(error)}`);
  }
  throw new Ending(exitCodes.invalid, `${folder} is not a folder`);
}

function statOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw new Ending(exitCodes.failed, `reading ${path}: ${reasonOf(error)}`);
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

const reasons: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EPERM: "no permission",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "its symbolic links lead round in a circle",
};

const reasonOf = (error: unknown): string => reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
