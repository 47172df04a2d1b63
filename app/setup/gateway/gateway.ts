/**
 * Publishes guests' ports on this machine: one listener per entry of published.json. Where the guests live in Berth's
 * own namespaces the connections go through the connector inside, else straight to the guest.
 */
import { connect } from "node:net";
import { Mutex } from "async-mutex";
import { errorInEnglish } from "#app/messages/in-english.ts";
import { type Dial, forward, type Listener } from "./forwarder.ts";
import { type PublishedEndpoint, publishedFile, readPublished, watchPublished } from "./published-endpoints.ts";

export interface GatewayOptions {
  readonly home: string;
  /** Address to listen on. */
  readonly address: string;
  /** Unix socket of the connector, or null: guests are reached directly. */
  readonly connector: string | null;
  readonly say: (line: string) => void;
}

export interface Gateway {
  /** Ports that are open now. */
  readonly ports: () => readonly number[];
  readonly close: () => Promise<void>;
}

const retryMs = 10_000;

export async function startGateway(o: GatewayOptions): Promise<Gateway> {
  const file = publishedFile(o.home);
  const open = new Map<string, { readonly port: number; readonly listener: Listener }>();
  const said = new Set<string>();
  const reconciling = new Mutex();
  // One at a time: two overlapping passes over the same file would open a port twice.
  const follow = (): Promise<void> => reconciling.runExclusive(() => reconcile(o, file, open, said));
  await follow();
  const watcher = watchPublished(file, () => void follow());
  const retry = setInterval(() => void (said.size > 0 ? follow() : undefined), retryMs);
  return {
    ports: () => [...open.values()].map((o2) => o2.port),
    close: async () => {
      watcher.close();
      clearInterval(retry);
      await reconciling.waitForUnlock();
      await Promise.all([...open.values()].map(({ listener }) => listener.close()));
    },
  };
}

const keyOf = (e: PublishedEndpoint): string => `${e.port} ${e.host} ${e.targetPort}`;

async function reconcile(
  o: GatewayOptions,
  file: string,
  open: Map<string, { readonly port: number; readonly listener: Listener }>,
  said: Set<string>,
): Promise<void> {
  const sayOnce = (line: string): void => {
    if (!said.has(line)) o.say(line);
    said.add(line);
  };
  const wanted = await readPublished(file).catch(() => {
    sayOnce(`reading ${file}: it is not a list of {port, host, targetPort}; what was published stays`);
    return null;
  });
  if (wanted === null) return;
  const keys = new Set(wanted.map(keyOf));
  for (const [key, { listener }] of open) {
    if (keys.has(key)) continue;
    open.delete(key);
    await listener.close();
  }
  let failed = false;
  for (const endpoint of wanted.filter((e) => !open.has(keyOf(e)))) {
    try {
      open.set(keyOf(endpoint), { port: endpoint.port, listener: await forward(o.address, endpoint.port, dialGuest(o, endpoint)) });
    } catch (error) {
      failed = true;
      sayOnce(`publishing ${endpoint.host}:${endpoint.targetPort}: ${errorInEnglish(error)}`);
    }
  }
  if (!failed) said.clear();
}

const dialGuest =
  (o: GatewayOptions, e: PublishedEndpoint): Dial =>
  () => {
    if (o.connector === null) return connect({ host: e.host, port: e.targetPort, allowHalfOpen: true });
    const socket = connect({ path: o.connector, allowHalfOpen: true });
    socket.write(`CONNECT ${e.host}:${e.targetPort}\n`);
    return socket;
  };
