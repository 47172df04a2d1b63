/** Stands between a client and a PostgreSQL on unix sockets, and breaks one connection at a place that a test chooses. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `in-transaction`: at the first statement after `begin`. */
export type Cut = "in-transaction" | "before-commit" | "after-commit";

export interface Relay {
  /** Holds the socket, as the server's own folder does. */
  readonly folder: string;
  /** The next connection that gets there is cut, once. */
  cut(at: Cut): void;
  cuts(): number;
  close(): Promise<void>;
}

const socketName = ".s.PGSQL.5432";

/** What a client sends for a statement without parameters. */
const simple = (statement: string): Buffer =>
  Buffer.concat([Buffer.from("Q"), length(statement.length + 5), Buffer.from(`${statement}\0`)]);

function length(n: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(n);
  return bytes;
}

export async function startRelay(serverFolder: string): Promise<Relay> {
  const folder = await mkdtemp(join(tmpdir(), "berth-relay-"));
  const open = new Set<Socket>();
  let [wanted, cuts]: [Cut | null, number] = [null, 0];
  const server = createServer((client) => {
    const upstream = createConnection(join(serverFolder, socketName));
    let [begun, deaf] = [false, false];
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    const cut = (): void => {
      [wanted, cuts] = [null, cuts + 1];
      end();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", end);
      socket.on("close", () => {
        open.delete(socket);
        end();
      });
    }
    client.on("data", (data) => {
      const commits = data.includes(simple("commit"));
      if (wanted === "before-commit" && commits) return cut();
      if (wanted === "in-transaction" && begun) return cut();
      begun = data.includes(simple("begin"));
      if (wanted === "after-commit" && commits) deaf = true;
      upstream.write(data);
    });
    // The first thing that the server says to a commit is that it is done.
    upstream.on("data", (data) => (deaf ? cut() : client.write(data)));
  });
  server.listen(join(folder, socketName));
  await once(server, "listening");
  return {
    folder,
    cut: (at) => {
      wanted = at;
    },
    cuts: () => cuts,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
      await rm(folder, { recursive: true });
    },
  };
}
