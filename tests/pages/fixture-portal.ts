/**
 * The built pages over the fixture, on a loopback port: for the browser tests and for pictures. The scenario comes from
 * a cookie; the running operation's socket sends what its first page leaves out. `npm run dev` serves the same from the
 * sources.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerBuild } from "@remix-run/server-runtime";
import express from "express";
import { browserFiles, compressedAnswers } from "#app/server/http/assets.server.ts";
import { remixHandler } from "#app/server/requests/remix-handler.server.ts";
import { bodyReader } from "#app/server/requests/request-body.server.ts";
import { makeNonce, nonceOf, securityHeaders } from "#app/server/http/web-security.server.ts";
import { contextFor, followedOperation } from "./fixture-request.ts";
import { serveSockets } from "./fixture-sockets.ts";

export interface FixturePortal {
  readonly url: string;
  /** Cuts every socket, as a restart of the portal does. */
  dropSockets(): void;
  /** Tells every page with lists that something changed. */
  hint(): void;
  /** Resolves when the next page with lists listens. */
  listening(): Promise<void>;
  close(): Promise<void>;
}

/** `folder`: what the page build wrote, with `client/` and `server/index.js`. Port 0: any free one. */
export async function startFixturePortal(folder: string, port = 0): Promise<FixturePortal> {
  const build = (await import(`${folder}/server/index.js`)) as ServerBuild;
  const app = express();
  app.use(compressedAnswers, browserFiles(`${folder}/client`));
  app.use(makeNonce, securityHeaders({ publicUrl: "http://127.0.0.1" }));
  app.all(
    "*",
    remixHandler(build, {
      bodies: bodyReader(),
      bodyCaller: async () => ({ address: null }),
      loadContext: async (req, res) => contextFor(req.headers, nonceOf(res), req.path.endsWith(".data")),
    }),
  );
  const server = createServer(app);
  const sockets = serveSockets(server, async (id) => followedOperation(id));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dropSockets: sockets.drop,
    hint: sockets.hint,
    listening: sockets.listening,
    close: async () => {
      sockets.close();
      await closeServer(server);
    },
  };
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
