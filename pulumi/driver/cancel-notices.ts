/** Tells the journal how far a person's cancel has come, each time with what exists at that moment. */
import pTimeout from "p-timeout";
import type { CancelRung, OperationEvent } from "#app/domain/operation/event.ts";
import type { Thing } from "#app/domain/message/codes.ts";
import { type Message, message } from "#app/domain/message/message.ts";
import type { Hypervisor, Inventory } from "#app/ports/hypervisor.ts";
import type { StopReason } from "#app/services/run/run-parts.ts";
import type { StackState } from "#pulumi/stack/stack-files.ts";

export interface Rungs {
  /** Each rung is told once, in the order of the calls; nothing is told when it is no person who cancels. */
  reach(rung: CancelRung): void;
  /** A person asked for the cancel. */
  asked(): boolean;
  /** Resolves when everything told so far is safe. Never rejects: a lost lease shows elsewhere. */
  told(): Promise<void>;
}

interface RungSettings {
  readonly cancel: AbortSignal;
  readonly stays: () => Promise<readonly Message[]>;
  readonly onEvents: (events: readonly OperationEvent[]) => Promise<void>;
}

/** The first rung is told as soon as the cancel is heard. */
export function createCancelNotices({ cancel, stays, onEvents }: RungSettings): Rungs {
  const reached = new Set<CancelRung>();
  let chain: Promise<void> = Promise.resolve();
  const asked = () => cancel.aborted && cancel.reason !== ("drain" satisfies StopReason) && cancel.reason !== ("lost" satisfies StopReason);
  const reach = (rung: CancelRung) => {
    if (!asked() || reached.has(rung)) return;
    reached.add(rung);
    chain = chain.then(async () => onEvents([{ kind: "cancel-rung", rung, stays: await stays() }])).catch(() => undefined);
  };
  if (cancel.aborted) reach("asked");
  else cancel.addEventListener("abort", () => reach("asked"), { once: true });
  return { reach, asked, told: () => chain };
}

/** A cancel must not wait for a libvirt that does not answer. */
const inventoryMs = 3_000;

/** What the stack has on the host, as messages; where libvirt does not answer, what its state last said. */
export async function whatStays(
  hypervisor: Hypervisor,
  prefix: string,
  state: () => Promise<StackState | null>,
): Promise<readonly Message[]> {
  const inventory = await within(hypervisor.inventory(prefix), inventoryMs);
  return inventory === null ? inWordsOfState(await state().catch(() => null)) : inWords(inventory);
}

const inWords = ({ machines, volumes, networks, pools }: Inventory): readonly Message[] => [
  ...machines.map(({ name, state }) => message(`machine-${state}`, { name })),
  ...volumes.map(({ name }) => message("thing", { what: "disk", name })),
  ...networks.map(({ name }) => message("thing", { what: "network", name })),
  ...pools.map(({ name }) => message("thing", { what: "pool", name })),
];

const things: Readonly<Record<string, Thing>> = { Domain: "machine", Volume: "disk", Network: "network", Pool: "pool" };

const inWordsOfState = (state: StackState | null): readonly Message[] =>
  (state?.resources ?? []).flatMap((r) => {
    const what = things[/^libvirt:.*:(\w+)$/.exec(r.type)?.[1] ?? ""];
    const name = r.outputs?.name;
    return what === undefined || typeof name !== "string" ? [] : [message("as-recorded", { what, name })];
  });

/** Null when it is not there in time, or not at all. */
const within = <T>(value: Promise<T>, milliseconds: number): Promise<T | null> =>
  pTimeout(
    value.catch(() => null),
    { milliseconds, fallback: () => null },
  );
