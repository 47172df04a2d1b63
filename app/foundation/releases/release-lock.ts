/**
 * Which released files take the place of compiling, and by which checksum each is known: `releases.lock.json`. `source`
 * is the public record that the checksum was copied from. A part without such a record is in `compiled`, with the reason.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";

const hexDigits = { sha256: 64, sha512: 128 } as const;

const releaseFile = z
  .strictObject({
    part: z.string().min(1),
    version: z.string().min(1),
    /**
     * `archive`: a tar archive. `image`: the index of a container image; manifest and layers follow from it, each known by
     * the digest that the one before has of it.
     */
    kind: z.enum(["archive", "image"]),
    url: z.url({ protocol: /^https?$/ }),
    algorithm: z.enum(["sha256", "sha512"]),
    checksum: z.string().regex(/^[0-9a-f]+$/),
    source: z.url(),
    /** Name of a program to its path in the archive, or in the image. */
    programs: z.record(z.string(), z.string()),
  })
  .refine((file) => file.checksum.length === hexDigits[file.algorithm], { message: "the checksum has not the length of its algorithm" })
  .refine((file) => file.kind === "archive" || (file.algorithm === "sha256" && file.url.endsWith(`/manifests/sha256:${file.checksum}`)), {
    message: "the URL of an image ends in /manifests/sha256: and the checksum",
  });

const compiledPart = z.strictObject({
  part: z.string().min(1),
  /** `own-program`: nobody else releases it. `no-checksum`: released, but no public record of its checksum is known. */
  reason: z.enum(["own-program", "no-checksum"]),
  /** For readers of the file. */
  note: z.string(),
});

const releaseLock = z.strictObject({ files: z.array(releaseFile), compiled: z.array(compiledPart) });

export type ReleaseFile = z.infer<typeof releaseFile>;
export type ReleaseLock = z.infer<typeof releaseLock>;
export type ChecksumAlgorithm = ReleaseFile["algorithm"];

const ownLock = new URL("releases.lock.json", import.meta.url);

/** `path`: another lock file than Berth's own. Throws with a sentence when it is not one. */
export function readReleaseLock(path: string | null = null): ReleaseLock {
  const place = path ?? ownLock;
  const text = readFileSync(place, "utf8");
  const read = releaseLock.safeParse(asJson(text));
  if (read.success) return read.data;
  throw new Error(`reading the lock file of released files ${String(place)}: ${z.prettifyError(read.error)}`);
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
