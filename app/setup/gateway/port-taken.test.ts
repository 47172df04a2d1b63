import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { assertPortFree, PortTaken } from "./port-taken.ts";

it("names the address that another program listens on, and what to do about it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const refusal = assertPortFree("127.0.0.1", port, "set BERTH_PORT to a free port");
  await expect(refusal).rejects.toThrow(`listening on 127.0.0.1:${port}: another program listens there; set BERTH_PORT to a free port`);
  await expect(assertPortFree("0.0.0.0", port, "x")).rejects.toBeInstanceOf(PortTaken);
  other.close();
  await once(other, "close");
  await expect(assertPortFree("127.0.0.1", port, "x")).resolves.toBeUndefined();
});

it("does not call an address of another machine taken", async () => {
  const refusal = assertPortFree("192.0.2.1", 7480, "x");
  await expect(refusal).rejects.toThrow("listening on 192.0.2.1:7480");
  await expect(refusal).rejects.not.toBeInstanceOf(PortTaken);
});
