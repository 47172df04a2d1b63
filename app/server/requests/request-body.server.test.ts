import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { type BodyCaller, type BodyReader, bodyReader, longestBody } from "./request-body.server.ts";

const any = /./;

/** A body of which only what is written has come. */
function coming(headers: Readonly<Record<string, string>>): { readonly request: IncomingMessage; readonly stream: PassThrough } {
  const stream = new PassThrough({ highWaterMark: 1_000_000 });
  return { stream, request: Object.assign(stream, { headers }) as unknown as IncomingMessage };
}

const chunked = { "content-type": "text/x", "transfer-encoding": "chunked" };
const code = (reading: Promise<unknown>) =>
  reading.then(
    () => null,
    (error: { detail: { code: string } }) => error.detail.code,
  );

test("what bodies of one address hold at the same time is bounded, and given back", async () => {
  const bodies = bodyReader();
  const open = Array.from({ length: 20 }, () => coming(chunked));
  const readings = open.map(({ request }) => code(bodies.read(request, { address: "192.0.2.1" }, any)));
  for (const { stream } of open) stream.write(Buffer.alloc(longestBody));
  await new Promise((resolve) => setImmediate(resolve));
  const other = coming(chunked);
  const reading = bodies.read(other.request, { address: "192.0.2.2" }, any);
  other.stream.end("whole");
  expect(String(await reading)).toBe("whole");
  for (const { stream } of open) stream.end();
  const codes = await Promise.all(readings);
  expect(codes.filter((one) => one === null)).toHaveLength(16);
  expect(codes.filter((one) => one === "too-many-requests")).toHaveLength(4);
  const again = coming(chunked);
  const later = code(bodies.read(again.request, { address: "192.0.2.1" }, any));
  again.stream.end(Buffer.alloc(longestBody));
  expect(await later).toBeNull();
});

test("a body that is announced too long is refused before it comes, one that breaks off is unreadable", async () => {
  const bodies = bodyReader();
  expect(
    await code(bodies.read(coming({ "content-type": "text/x", "content-length": String(longestBody + 1) }).request, { address: "a" }, any)),
  ).toBe("too-large");
  const { request, stream } = coming(chunked);
  const reading = code(bodies.read(request, { address: "a" }, any));
  stream.write("half");
  stream.destroy();
  expect(await reading).toBe("unreadable");
});

/** Bodies of the largest size that do not end; resolves when all of their bytes were counted. */
async function holdOpen(
  bodies: BodyReader,
  callers: readonly BodyCaller[],
): Promise<{ readonly codes: () => Promise<readonly unknown[]> }> {
  const open = callers.map((caller) => ({ caller, ...coming(chunked) }));
  const readings = open.map(({ request, caller }) => code(bodies.read(request, caller, any)));
  for (const { stream } of open) stream.write(Buffer.alloc(longestBody));
  await new Promise((resolve) => setImmediate(resolve));
  const end = () => {
    for (const { stream } of open) stream.end();
    return Promise.all(readings);
  };
  return { codes: end };
}

async function sendWhole(bodies: BodyReader, caller: BodyCaller): Promise<unknown> {
  const { request, stream } = coming(chunked);
  const reading = code(bodies.read(request, caller, any));
  stream.end("whole");
  return await reading;
}

const many = (count: number, caller: BodyCaller) => Array.from({ length: count }, () => caller);

test("callers behind an address that stands for many are not counted as one", async () => {
  const bodies = bodyReader();
  const { codes } = await holdOpen(bodies, many(40, { address: null }));
  expect(await sendWhole(bodies, { address: null })).toBeNull();
  expect((await codes()).every((one) => one === null)).toBe(true);
});

test.each([
  ["from one address that stands for many", many(200, { address: null })],
  ["from many addresses", Array.from({ length: 200 }, (_, i) => ({ address: `192.0.2.${i}` }))],
])("strangers' slow bodies %s leave a share for those who are signed in", async (_, strangers) => {
  const bodies = bodyReader();
  const { codes } = await holdOpen(bodies, strangers);
  expect(await sendWhole(bodies, { personId: "mina" })).toBeNull();
  expect((await codes()).filter((one) => one === "too-many-requests").length).toBeGreaterThan(100);
  expect(await sendWhole(bodies, { address: null })).toBeNull();
});

test("one person's slow bodies leave others theirs, wherever they come from", async () => {
  const bodies = bodyReader();
  const { codes } = await holdOpen(bodies, many(20, { personId: "mina" }));
  expect([await sendWhole(bodies, { personId: "jun" }), await sendWhole(bodies, { address: null })]).toEqual([null, null]);
  expect((await codes()).filter((one) => one === "too-many-requests")).toHaveLength(4);
});
