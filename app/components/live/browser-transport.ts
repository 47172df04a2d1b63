/** Sockets, requests and pauses of the browser. */
import type { Transport } from "./follow-operation.ts";

/** A proxy that swallows the upgrade answers neither yes nor no. */
const openWithinMs = 8_000;

export const browserTransport: Transport = {
  socket: (path, { onOpen, onText }, signal) =>
    new Promise((resolve) => {
      const socket = new WebSocket(socketAddress(path));
      const close = () => socket.close();
      const tooLong = setTimeout(close, openWithinMs);
      signal.addEventListener("abort", close, { once: true });
      socket.onopen = () => {
        clearTimeout(tooLong);
        onOpen();
      };
      socket.onmessage = ({ data }: MessageEvent<string>) => {
        if (!signal.aborted && !onText(data)) socket.close();
      };
      socket.onclose = ({ code }) => {
        clearTimeout(tooLong);
        signal.removeEventListener("abort", close);
        resolve(code);
      };
    }),
  get: async (path, signal) => {
    const answer = await fetch(path, { signal, cache: "no-store", headers: { Accept: "application/json" } });
    return { status: answer.status, body: answer.ok ? await answer.json() : null };
  },
  pause: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener(
        "abort",
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
    }),
};

/** The portal's clock in epoch milliseconds, to the second; null: it did not answer. */
export async function portalTime(): Promise<number | null> {
  const { headers } = await fetch("/healthz", { method: "HEAD", cache: "no-store" });
  const at = Date.parse(headers.get("Date") ?? "");
  return Number.isNaN(at) ? null : at;
}

export function socketAddress(path: string): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}${path}`;
}
