/** Stands in for the portal in tests of the launcher: answers HTTP where it is told to, and says where it runs. */
import { readlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { readProxyHeaders } from "#app/server/requests/proxy-header.server.ts";

const listen = process.env.BERTH_LISTEN ?? "";
const home = process.env.BERTH_HOME ?? "";

// As the portal does that cannot start, whatever the reason.
if (process.env.BERTH_TEST_REFUSES !== undefined) {
  console.error("starting the portal: its address is another program's");
  process.exit(2);
}

const server = createServer((request, response) => {
  if (request.url === "/end") process.exit(7);
  const about = {
    pid: process.pid,
    network: readlinkSync("/proc/self/ns/net"),
    libvirt: process.env.BERTH_LIBVIRT_URI,
    url: process.env.BERTH_PUBLIC_URL,
  };
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(about));
});
server.on("upgrade", (_, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
  socket.on("data", (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
  socket.on("end", () => socket.end());
});
const listening = (): void => writeFileSync(join(home, "run", "listening"), `${process.pid}\n`);
if (listen.startsWith("unix:")) {
  readProxyHeaders(server);
  server.listen(listen.slice(5), listening);
} else server.listen(Number(listen.split(":").at(-1)), "127.0.0.1", listening);
writeFileSync(join(home, "run", "first-link"), "http://127.0.0.1/join/once\n");

process.on("SIGTERM", () => {
  writeFileSync(join(home, "farewell"), "stopped cleanly");
  process.exit(0);
});
