/**
 * Chains of nftables that drop what machines send out. In nftables a packet passes only when every base chain of the hook
 * lets it pass, so libvirt's own rules, in a table of their own, cannot override another chain whose policy is drop; Docker
 * sets one. With its iptables backend libvirt accepts the packet in that same chain before the policy. Pure.
 */
import type { ForwardDrop } from "#app/domain/plan/host-obstacles.ts";

interface Chain {
  /** `<family> <table>` */
  readonly table: string;
  readonly name: string;
  readonly lines: string[];
}

/** libvirt makes it when it starts a network with its nftables backend. */
const libvirtTable = /^ip6? libvirt_network$/;
/** firewalld has a zone for libvirt's bridges, and libvirt puts each of them into it. */
const notForGuests = [libvirtTable, /^(?!ip |inet )/, / firewalld$/];

/** `ruleset`: as `nft list ruleset` prints it. `uplinks`: devices of default routes. Only what is certain is reported. */
export function forwardDrops(ruleset: string, uplinks: readonly string[]): readonly ForwardDrop[] {
  const chains = chainsOf(ruleset);
  if (!chains.some((c) => libvirtTable.test(c.table))) return [];
  return chains
    .filter(
      (c) =>
        c.lines.some((line) => /\bhook forward\b.*\bpolicy drop\b/.test(line)) && !notForGuests.some((pattern) => pattern.test(c.table)),
    )
    .flatMap((c) => {
      const accepts = acceptedBy(c, chains, uplinks);
      return accepts === null ? [] : [{ chain: `${c.table} ${c.name}`, accepts: [...new Set(accepts)] }];
    });
}

function chainsOf(ruleset: string): readonly Chain[] {
  const chains: Chain[] = [];
  let table = "";
  let open: Chain | null = null;
  for (const line of ruleset.split("\n").map((text) => text.trim())) {
    table = /^table (.+) \{$/.exec(line)?.[1] ?? table;
    const name = /^chain (.+) \{$/.exec(line)?.[1];
    if (name !== undefined) {
      open = { table, name, lines: [] };
      chains.push(open);
    } else if (line === "}") open = null;
    else open?.lines.push(line);
  }
  return chains;
}

/** Devices whose packets the chain accepts by name; null: it may accept others, too. */
function acceptedBy(
  chain: Chain,
  all: readonly Chain[],
  uplinks: readonly string[],
  path: readonly string[] = [],
): readonly string[] | null {
  const accepted: string[] = [];
  for (const line of chain.lines) {
    const target = /\b(?:jump|goto) (\S+)/.exec(line)?.[1];
    if ((target === undefined && !/\b(?:accept|queue|vmap)\b/.test(line)) || line.startsWith("type ") || isForOthers(line, uplinks))
      continue;
    const device = /\biif(?:name)? "([^"*]+)"/.exec(line)?.[1];
    if (device !== undefined) {
      accepted.push(device);
      continue;
    }
    const next = /\bvmap\b/.test(line) ? undefined : all.find((c) => c.table === chain.table && c.name === target);
    const further = next === undefined || path.includes(next.name) ? null : acceptedBy(next, all, uplinks, [...path, chain.name]);
    if (further === null) return null;
    accepted.push(...further);
  }
  return accepted;
}

/** It cannot match a new connection that a machine opens to the outside. */
function isForOthers(line: string, uplinks: readonly string[]): boolean {
  if (/\bvmap\b/.test(line)) return false;
  const out = /\boif(?:name)? "([^"*]+)"/.exec(line)?.[1];
  if (out !== undefined && !uplinks.includes(out)) return true;
  const states = /\bct state ([a-z,{} ]+)/.exec(line)?.[1];
  if (states !== undefined && /established|related/.test(states) && !/\b(?:new|untracked)\b/.test(states)) return true;
  return /\bicmp(?:v6|x)?\b/.test(line);
}
