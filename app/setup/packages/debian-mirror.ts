/**
 * The Debian mirror that this machine uses already: whoever chose it knows which one can be reached from here. Guests
 * of another release come from the same one.
 */
import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { message, MessageError } from "#app/domain/message/message.ts";
import { parseRelease } from "#app/setup/packages/packages.ts";

/** Base addresses without a trailing slash. */
export interface DebianMirrors {
  readonly main: string;
  readonly security: string;
}

/** From this machine's apt configuration; its package lists need not have been read. */
export async function debianMirrors(): Promise<DebianMirrors> {
  const { codename } = parseRelease(await readFile("/etc/os-release", "utf8"));
  const { stdout } = await execa("apt-get", ["indextargets", "--format", "$(RELEASE) $(REPO_URI)"], { reject: false });
  return readMirrors(stdout, codename);
}

/** `text`: lines of a suite and a base address. */
export function readMirrors(text: string, codename: string): DebianMirrors {
  const sources = text.split("\n").map((line) => line.trim().split(" "));
  const of = (suite: string) => sources.find(([name]) => name === suite)?.[1]?.replace(/\/+$/, "");
  const main = of(codename);
  if (main === undefined)
    throw new MessageError([codename === "" ? message("release-unknown") : message("no-source-for-release", { release: codename })]);
  return { main, security: of(`${codename}-security`) ?? `${main}-security` };
}
