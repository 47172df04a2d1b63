/**
 * `npm run dev`: the portal's pages over the fixture, served from the sources with hot reload. It needs no machines, no
 * database and no build, and listens on loopback only.
 *
 *     npm run dev                  # http://127.0.0.1:8090
 *     npm run dev -- --port 8091
 */
import { parseArgs } from "node:util";
import { reported } from "#app/domain/message/message.ts";
import { errorInEnglish } from "#app/messages/in-english.ts";
import { assertPortFree } from "#app/setup/gateway/port-taken.ts";
import { startDevPortal } from "./dev-portal.ts";

const startedAt = Date.now();
const { values } = parseArgs({
  options: { port: { type: "string", default: "8090" }, "started-at": { type: "string", default: String(startedAt) } },
});

await assertPortFree("127.0.0.1", Number(values.port), reported("Choose another with: npm run dev -- --port 8091")).catch(
  (error: unknown) => {
    console.error(errorInEnglish(error));
    process.exit(1);
  },
);
const portal = await startDevPortal(Number(values.port));
const seconds = (Date.now() - Number(values["started-at"])) / 1000;
console.log(`Berth's pages over the fixture: ${portal.url} (ready in ${seconds.toFixed(1)} s)`);
console.log(`Every page in every state:      ${portal.url}/fixture`);
