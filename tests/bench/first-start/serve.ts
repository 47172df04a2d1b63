/** Serves a folder of files on this machine. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { pipeline } from "node:stream/promises";

export interface Serving {
  readonly address: string;
  readonly close: () => Promise<void>;
}

export async function serveFolder(folder: string): Promise<Serving> {
  const server = createServer((request, response) => {
    const path = join(folder, normalize(decodeURIComponent(request.url ?? "/")));
    const answer = async (): Promise<void> => {
      const { size } = await stat(path);
      response.writeHead(200, { "content-length": size });
      if (request.method === "HEAD") response.end();
      else await pipeline(createReadStream(path), response);
    };
    answer().catch(() => (response.headersSent ? response.destroy() : response.writeHead(404).end()));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
