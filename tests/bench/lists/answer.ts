/** One answer of a portal, by the clock and by its bytes. */
import { request } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

export interface Asked {
  readonly port: number;
  readonly path: string;
  readonly token: string;
  readonly accept: string;
}

export interface Measured {
  readonly ms: readonly number[];
  readonly plainBytes: number;
  readonly sentBytes: number;
}

/** Milliseconds from the request to the last byte. */
export async function timed(asked: Asked): Promise<number> {
  const began = performance.now();
  await bodyOf(asked);
  return performance.now() - began;
}

export async function answerSizes(asked: Asked): Promise<Pick<Measured, "plainBytes" | "sentBytes">> {
  const { body, encoding } = await bodyOf(asked);
  const plain = encoding === "br" ? brotliDecompressSync(body) : encoding === "gzip" ? gunzipSync(body) : body;
  return { plainBytes: plain.length, sentBytes: body.length };
}

function bodyOf({ port, path, token, accept }: Asked): Promise<{ readonly body: Buffer; readonly encoding: string | undefined }> {
  const headers = { Authorization: `Bearer ${token}`, Accept: accept, "Accept-Encoding": "br, gzip" };
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.once("error", reject);
      res.once("end", () => {
        if (res.statusCode === 200) resolve({ body: Buffer.concat(chunks), encoding: res.headers["content-encoding"] });
        else reject(new Error(`asking for ${path}: ${res.statusCode} ${Buffer.concat(chunks).toString("utf8").slice(0, 300)}`));
      });
    })
      .once("error", reject)
      .end();
  });
}
