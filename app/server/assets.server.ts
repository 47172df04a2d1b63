/** The browser's files: content-addressed ones are kept for ever, and compressed once for as long as the portal runs. */
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import express, { type RequestHandler, Router } from "express";

const compressible = new Set([".js", ".css", ".svg", ".json", ".map"]);
const zip = promisify(gzip);
const forEver = { immutable: true, maxAge: "365d" } as const;

/** `folder` is the browser's part of the build. */
export function browserFiles(folder: string): Router {
  const router = Router();
  router.use("/assets", compressed(join(folder, "assets")), express.static(join(folder, "assets"), { ...forEver, index: false, fallthrough: false }));
  router.use(express.static(folder, { maxAge: "1h", index: false }));
  return router;
}

function compressed(folder: string): RequestHandler {
  const kept = new Map<string, Promise<Buffer | null>>();
  return (req, res, next) => {
    const name = req.path.slice(1);
    if (req.method !== "GET" || !/^[\w.-]+$/.test(name) || name.includes("..") || !compressible.has(extname(name)) || !req.acceptsEncodings("gzip")) return next();
    const reading = kept.get(name) ?? readFile(join(folder, name)).then((content) => zip(content), () => null);
    // Names that do not exist are not remembered: anybody could make up any number of them.
    kept.set(name, reading);
    reading.then((body) => {
      if (body === null) {
        kept.delete(name);
        return next();
      }
      res.set({ "Content-Encoding": "gzip", Vary: "Accept-Encoding", "Cache-Control": "public, max-age=31536000, immutable" });
      res.type(extname(name)).send(body);
    }, next);
  };
}
