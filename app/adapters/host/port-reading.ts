/** One reading of the sockets that listen where Berth publishes, and whose they are: shared by all who ask at about the same time. */
import { isEveryAddress, type Listener } from "#app/domain/plan/host-obstacles.ts";
import { programsOf, type Socket, socketsHeldBy, socketsOf, withoutIpv6Only } from "./sockets.ts";

export interface Publisher {
  /** Where ports are published. */
  readonly publishAddress: string;
  /** Process that publishes them. It may live in another network namespace than this one. */
  readonly publisher: number;
}

/** Each part is read when it is asked for first: which programs there are means reading what every process has open. */
export interface PortReading {
  sockets(): Promise<readonly Socket[]>;
  /** What others than the publisher listen on, of these. */
  foreign(sockets: readonly Socket[]): Promise<readonly Listener[]>;
}

export function readPorts(p: Publisher): PortReading {
  const sockets = once(() => listenersAt(p));
  const own = once(() => socketsHeldBy(p.publisher));
  const programs = once(async () => await programsOf(new Set((await sockets()).map((s) => s.inode))));
  return {
    sockets,
    foreign: async (some) => {
      if (some.length === 0) return [];
      const held = await own();
      const others = some.filter((s) => !held.has(s.inode));
      if (others.length === 0) return [];
      const names = await programs();
      return others.map((s) => listenerOf(s, names));
    },
  };
}

export const listenerOf = ({ inode, ...rest }: Socket, programs: ReadonlyMap<string, string>): Listener => ({
  ...rest,
  program: programs.get(inode) ?? "",
});

/** A reading is given to everybody who asks within `keptMs` of its beginning. */
export function recentPorts(p: Publisher, keptMs: number, now: () => number): () => PortReading {
  let kept: { readonly at: number; readonly reading: PortReading } | null = null;
  return () => {
    if (kept === null || now() - kept.at >= keptMs) kept = { at: now(), reading: readPorts(p) };
    return kept.reading;
  };
}

async function listenersAt({ publishAddress, publisher }: Publisher): Promise<readonly Socket[]> {
  const meets = ({ address }: Socket) => isEveryAddress(address) || isEveryAddress(publishAddress) || address === publishAddress;
  const found = (await socketsOf(publisher, "tcp")).filter(meets);
  return publishAddress.includes(":") ? found : await withoutIpv6Only(found);
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | null = null;
  return () => (reading ??= read());
}
