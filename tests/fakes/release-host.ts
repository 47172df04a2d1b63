/** A web server that stands for the hosts of released files: complete, half there, wrong, or hanging. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { create } from "tar";

export type Behaviour =
  | { readonly does: "answer"; readonly content: Buffer }
  | { readonly does: "refuse"; readonly status: number }
  | { readonly does: "redirect"; readonly to: string }
  | { readonly does: "never-answer" }
  /** Sends this much, then nothing more. */
  | { readonly does: "hang-midway"; readonly content: Buffer; readonly bytes: number }
  /** Sends this much, then ends the connection. */
  | { readonly does: "break-off"; readonly content: Buffer; readonly bytes: number };

export interface ReleaseHost {
  readonly address: string;
  readonly serve: (path: string, behaviour: Behaviour) => void;
  /** `GET /path` and `HEAD /path`, in order. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

export async function startReleaseHost(): Promise<ReleaseHost> {
  const files = new Map<string, Behaviour>();
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    behave(files.get(request.url ?? "") ?? { does: "refuse", status: 404 }, request, response);
  });
  server.on("connection", (socket) => sockets.add(socket.on("close", () => sockets.delete(socket))));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (path, behaviour) => void files.set(path, behaviour),
    requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

function behave(b: Behaviour, request: IncomingMessage, response: ServerResponse): void {
  const body = (content: Buffer, bytes: number): Buffer => (request.method === "HEAD" ? Buffer.alloc(0) : content.subarray(0, bytes));
  switch (b.does) {
    case "answer":
      return void response.writeHead(200, { "content-length": b.content.length }).end(body(b.content, b.content.length));
    case "refuse":
      return void response.writeHead(b.status).end();
    case "redirect":
      return void response.writeHead(302, { location: b.to }).end();
    case "never-answer":
      return;
    case "hang-midway":
    case "break-off":
      response.writeHead(200, { "content-length": b.content.length });
      if (request.method === "HEAD") return void response.end();
      response.write(body(b.content, b.bytes), () => {
        if (b.does === "break-off") response.destroy();
      });
  }
}

/** A tar archive, packed with gzip, of these paths and texts. */
export async function packed(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "berth-packed-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await create({ file: join(folder, ".tgz"), cwd: folder, gzip: true, portable: true }, Object.keys(files));
    return await readFile(join(folder, ".tgz"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const sha256Of = (content: Buffer | string): string => createHash("sha256").update(content).digest("hex");
export const sha512Of = (content: Buffer | string): string => createHash("sha512").update(content).digest("hex");
