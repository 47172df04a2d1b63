/** Takes single programs out of a tar archive. */
import { chmod, lstat, mkdir, rename, rm } from "node:fs/promises";
import { join, normalize } from "node:path";
import { extract } from "tar";

/** `wanted`: name to its path in the archive. Resolves to the names that are now in `folder`, executable. */
export async function unpackPrograms(archive: string, wanted: ReadonlyMap<string, string>, folder: string): Promise<readonly string[]> {
  const work = join(folder, ".unpacked");
  const paths = new Map([...wanted].map(([name, path]) => [normalize(path), name]));
  await mkdir(work, { recursive: true });
  try {
    await extract({
      ...{ file: archive, cwd: work, strict: true, preserveOwner: false },
      // A link could lead out of the folder.
      filter: (path, entry) => paths.has(normalize(path)) && "type" in entry && entry.type === "File",
    });
    const found: string[] = [];
    for (const [path, name] of paths) {
      if (!(await isFile(join(work, path)))) continue;
      await chmod(join(work, path), 0o755);
      await rename(join(work, path), join(folder, name));
      found.push(name);
    }
    return found;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const isFile = async (path: string): Promise<boolean> => (await lstat(path).catch(() => null))?.isFile() ?? false;
