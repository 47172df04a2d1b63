import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { message, reported } from "#app/domain/message/message.ts";
import { errorInEnglish } from "#app/messages/in-english.ts";
import { assertPortFree, PortTaken } from "./port-taken.ts";

it("names the address that another program listens on, and what to do about it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const refusal = assertPortFree("127.0.0.1", port, message("choose-port", { setting: "BERTH_PORT" }));
  expect(await refusal.catch(errorInEnglish)).toBe(
    `listening on 127.0.0.1:${port}: another program listens there. End that program, or set BERTH_PORT to a free port.`,
  );
  await expect(assertPortFree("0.0.0.0", port, reported("x"))).rejects.toBeInstanceOf(PortTaken);
  other.close();
  await once(other, "close");
  await expect(assertPortFree("127.0.0.1", port, reported("x"))).resolves.toBeUndefined();
});

it("does not call an address of another machine taken", async () => {
  const refusal = assertPortFree("192.0.2.1", 7480, reported("x"));
  await expect(refusal).rejects.toMatchObject({ reasons: [message("listening-on", { address: "192.0.2.1:7480" }), { code: "reported" }] });
  await expect(refusal).rejects.not.toBeInstanceOf(PortTaken);
});
