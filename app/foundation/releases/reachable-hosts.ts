/** Asks each host once whether it answers, all of them at the same time: a machine without a network waits once. */
import { type Patience, type Trouble, wordsOf } from "./download.ts";

export interface HostProbe {
  /** Null: it answers. */
  readonly troubleOf: (address: string) => Promise<Trouble | null>;
  /** A host that stopped answering later is not waited for again. */
  readonly giveUp: (address: string, trouble: Trouble) => void;
}

const originOf = (address: string): string => new URL(address).origin;

/** `addresses`: of files; the first one of each host is asked for. The first question starts the probe. */
export function probeHosts(addresses: readonly string[], patience: Patience): HostProbe {
  const samples = new Map([...addresses].reverse().map((address) => [originOf(address), address]));
  let probes: ReadonlyMap<string, Promise<Trouble | null>> | null = null;
  const givenUp = new Map<string, Trouble>();
  const start = () => new Map([...samples].map(([origin, sample]) => [origin, ask(sample, patience)]));
  return {
    troubleOf: async (address) => {
      probes ??= start();
      const origin = originOf(address);
      return givenUp.get(origin) ?? (await probes.get(origin)) ?? null;
    },
    giveUp: (address, trouble) => void givenUp.set(originOf(address), trouble),
  };
}

/** Any answer counts, a refusal too: what is wrong with one file is found out when it is fetched. */
async function ask(address: string, { answerMs }: Patience): Promise<Trouble | null> {
  const late = AbortSignal.timeout(answerMs);
  try {
    const response = await fetch(address, { method: "HEAD", signal: late });
    await response.body?.cancel();
    return null;
  } catch (error) {
    return late.aborted ? { kind: "silent", seconds: Math.round(answerMs / 1000) } : { kind: "broken", reported: wordsOf(error) };
  }
}
