/**
 * Whose request it is, by network address. `X-Forwarded-For` counts only when the connection comes from a proxy that the
 * settings trust, and is read from its end: everything before the first address that is not trusted may be made up.
 */
import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";

export type ClientAddress = (request: Pick<IncomingMessage, "headers" | "socket">) => string;

type Ranges = readonly (readonly [Address, number])[];

/** Of connections that have no address at all, such as those over a Unix socket. */
export const localClient = "local";

const loopback = /^127\.|^::1?\/64$/;

/** Null for this machine itself, where a proxy or a tunnel that is not trusted stands for everybody behind it. */
export const countedAddress = (address: string): string | null => (address === localClient || loopback.test(address) ? null : address);

const hopsRead = 20;

/** `trusted`: addresses and ranges, such as `127.0.0.1` or `10.0.0.0/8`. */
export function clientAddressBehind(trusted: readonly string[]): ClientAddress {
  const ranges = trusted.map(rangeOf);
  return ({ headers, socket }) => {
    let address = addressFrom(socket.remoteAddress ?? "");
    const hops = String(headers["x-forwarded-for"] ?? "")
      .split(",")
      .slice(-hopsRead);
    while (address !== null && isIn(ranges, address) && hops.length > 0) {
      const before = addressFrom(hops.pop() ?? "");
      if (before === null) break;
      address = before;
    }
    return address === null ? localClient : grouped(address);
  };
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Whether a connection comes from one of the trusted proxies itself. */
export function proxyCheck(trusted: readonly string[]): (remoteAddress: string | undefined) => boolean {
  const ranges = trusted.map(rangeOf);
  return (remoteAddress) => {
    const address = addressFrom(remoteAddress ?? "");
    return address !== null && isIn(ranges, address);
  };
}

const isIn = (ranges: Ranges, address: Address): boolean =>
  ranges.some(([network, bits]) => network.kind() === address.kind() && address.match(network as never, bits));

/** Checks one entry of the setting. */
export const isAddressOrRange = (text: string): boolean => ipaddr.isValid(text) || ipaddr.isValidCIDR(text);

const rangeOf = (text: string): [Address, number] => {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
};

/** IPv4 addresses that come as IPv6 are IPv4; a port behind the address is left out. */
function addressFrom(text: string): Address | null {
  const bare = text
    .trim()
    .replace(/^\[([^\]]+)\](?::\d+)?$/, "$1")
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  return ipaddr.isValid(bare) && !/^\d+$/.test(bare) ? ipaddr.process(bare) : null;
}

/** One household has a whole IPv6 /64. */
const grouped = (address: Address): string =>
  address.kind() === "ipv4"
    ? address.toString()
    : `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString()}/64`).toString()}/64`;
