import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { bodyReader, longestBody } from "./request-body.server.ts";

const any = /./;

/** A body of which only what is written has come. */
function coming(headers: Readonly<Record<string, string>>): { readonly request: IncomingMessage; readonly stream: PassThrough } {
  const stream = new PassThrough({ highWaterMark: 1_000_000 });
  return { stream, request: Object.assign(stream, { headers }) as unknown as IncomingMessage };
}

const chunked = { "content-type": "text/x", "transfer-encoding": "chunked" };
const code = (reading: Promise<unknown>) => reading.then(() => null, (error: { detail: { code: string } }) => error.detail.code);

test("what bodies of one caller hold at the same time is bounded, and given back", async () => {
  const bodies = bodyReader();
  const open = Array.from({ length: 20 }, () => coming(chunked));
  const readings = open.map(({ request }) => code(bodies.read(request, "192.0.2.1", any)));
  for (const { stream } of open) stream.write(Buffer.alloc(longestBody));
  await new Promise((resolve) => setImmediate(resolve));
  const other = coming(chunked);
  const reading = bodies.read(other.request, "192.0.2.2", any);
  other.stream.end("whole");
  expect(String(await reading)).toBe("whole");
  for (const { stream } of open) stream.end();
  const codes = await Promise.all(readings);
  expect(codes.filter((one) => one === null)).toHaveLength(16);
  expect(codes.filter((one) => one === "too-many-requests")).toHaveLength(4);
  const again = coming(chunked);
  const later = code(bodies.read(again.request, "192.0.2.1", any));
  again.stream.end(Buffer.alloc(longestBody));
  expect(await later).toBeNull();
});

test("a body that is announced too long is refused before it comes, one that breaks off is unreadable", async () => {
  const bodies = bodyReader();
  expect(await code(bodies.read(coming({ "content-type": "text/x", "content-length": String(longestBody + 1) }).request, "a", any))).toBe("too-large");
  const { request, stream } = coming(chunked);
  const reading = code(bodies.read(request, "a", any));
  stream.write("half");
  stream.destroy();
  expect(await reading).toBe("unreadable");
});
