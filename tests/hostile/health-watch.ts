/**
 * A thread of its own that asks the portal one ordinary request after the other, so that the sender's work is in no wait.
 * `workerData`: port and token. The message `stop` ends it with a message of all waits in milliseconds; infinite is a wrong answer.
 */
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

const { port, token } = workerData as { readonly port: number; readonly token: string };
const waits: number[] = [];
let stopped = false;
parentPort?.once("message", () => {
  stopped = true;
});

/** Milliseconds until the answer is whole. */
function waitOf(): Promise<number> {
  const began = performance.now();
  return new Promise((resolve) => {
    const wrong = () => resolve(Number.POSITIVE_INFINITY);
    request({ port, agent: false, host: "127.0.0.1", path: "/api/v1/me", headers: { Authorization: `Bearer ${token}` } }, (res) => {
      res.resume().once("end", () => (res.statusCode === 200 ? resolve(performance.now() - began) : wrong()));
    })
      .on("error", wrong)
      .end();
  });
}

while (!stopped) {
  waits.push(await waitOf());
  await sleep(50);
}
parentPort?.postMessage(waits);
