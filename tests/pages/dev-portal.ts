/** The fixture portal of `npm run dev`: Vite loads pages and fixture from the sources, and again after each change. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { ServerBuild } from "@remix-run/server-runtime";
import express from "express";
import { createServer as createVite, type ViteDevServer } from "vite";
import { remixHandler } from "#app/server/requests/remix-handler.server.ts";
import { bodyReader } from "#app/server/requests/request-body.server.ts";
import { serveSockets } from "./fixture-sockets.ts";
import { statesPage } from "./states-page.ts";

const root = new URL("../..", import.meta.url).pathname;

/** Folders whose files no page is made of. */
const unwatched = ["ansible", "build", "docs", "programs", "pulumi"].map((folder) => join(root, folder, "**"));

/** What every page is made of. Prepared beside each other at the start: modules load one after the other, and would wait for each. */
const prepared = ["app/{components,forms,messages,routes,ui}/**/*.{ts,tsx}", "!**/*.test.{ts,tsx}"];

export interface DevPortal {
  readonly url: string;
  close(): Promise<void>;
}

/** Port 0: any free one. Resolves once the first page has been answered, so that a browser does not wait for it. */
export async function startDevPortal(port: number): Promise<DevPortal> {
  const server = createServer();
  const vite = await createVite({
    root,
    configFile: join(root, ".config", "vite.config.ts"),
    appType: "custom",
    server: { middlewareMode: true, hmr: { server }, watch: { ignored: unwatched }, warmup: { ssrFiles: prepared } },
  });
  server.on("request", devApp(vite));
  serveSockets(server, async (id) => (await fixture(vite)).followedOperation(id));
  reloadOnFixtureChange(vite);
  await listen(server, port);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Both at once: loading the one waits where the other computes.
  await Promise.all([fixture(vite), pageBuild(vite)]);
  await fetch(url);
  return { url, close: () => close(server, vite) };
}

function devApp(vite: ViteDevServer): express.Express {
  const app = express();
  app.use(vite.middlewares, statesPage());
  const loadContext = async (req: express.Request) => (await fixture(vite)).contextFor(req.headers, "", req.path.endsWith(".data"));
  // No security headers: Vite adds scripts and styles without a nonce. The tests in this folder run with them.
  app.all(
    "*",
    remixHandler(() => pageBuild(vite), { bodies: bodyReader(), bodyCaller: async () => ({ address: null }), loadContext }),
  );
  return app;
}

const pageBuild = (vite: ViteDevServer) => vite.ssrLoadModule("virtual:remix/server-build") as Promise<unknown> as Promise<ServerBuild>;

type FixtureRequest = typeof import("./fixture-request.ts");

/** Loaded by Vite, and for each request, so that a change of the fixture shows without a restart. */
const fixture = (vite: ViteDevServer) =>
  vite.ssrLoadModule("/tests/pages/fixture-request.ts") as Promise<unknown> as Promise<FixtureRequest>;

/** Browsers load no file of the fixture, so Vite does not reload their pages for it. */
function reloadOnFixtureChange(vite: ViteDevServer): void {
  const folder = join(root, "tests", "pages");
  vite.watcher.on("change", (file) => void (file.startsWith(folder) && vite.ws.send({ type: "full-reload" })));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
}

async function close(server: Server, vite: ViteDevServer): Promise<void> {
  await vite.close();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
