import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { clientAddressBehind, isAddressOrRange, localClient } from "./client-address.server.ts";

const from = (remoteAddress: string | undefined, forwarded?: string) =>
  ({ headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded }, socket: { remoteAddress } }) as Pick<
    IncomingMessage,
    "headers" | "socket"
  >;

test("X-Forwarded-For from anybody but a trusted proxy says nothing", () => {
  expect(clientAddressBehind([])(from("192.0.2.1", "198.51.100.9"))).toBe("192.0.2.1");
  expect(clientAddressBehind(["10.0.0.0/8"])(from("192.0.2.1", "198.51.100.9"))).toBe("192.0.2.1");
});

test("behind trusted proxies it is the last address that is not theirs, whatever a client wrote before", () => {
  const address = clientAddressBehind(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]);
  expect(address(from("127.0.0.1", "1.1.1.1, 198.51.100.9, 10.2.3.4"))).toBe("198.51.100.9");
  expect(address(from("::ffff:127.0.0.1", "198.51.100.9:4711"))).toBe("198.51.100.9");
  expect(address(from("fd00::1", "[2001:db8:1:2:3:4:5:6]:80"))).toBe("2001:db8:1:2::/64");
});

test("what is no address stops the walk: the proxy itself is answerable", () => {
  const address = clientAddressBehind(["127.0.0.1"]);
  for (const forwarded of ["unknown", "", "1.1.1.1, _hidden", "4711", "a:99999", "%00"])
    expect(address(from("127.0.0.1", forwarded))).toBe("127.0.0.1");
  expect(address(from(undefined, "1.1.1.1"))).toBe(localClient);
});

test("the setting takes addresses and ranges", () => {
  expect(["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"].every(isAddressOrRange)).toBe(true);
  expect(["", "proxy", "10.0.0.0/33", "1.2.3.4.5"].some(isAddressOrRange)).toBe(false);
});
