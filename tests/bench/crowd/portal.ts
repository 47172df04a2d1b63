/** The process of Berth's side: real store, real sessions, real sockets. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attemptLimiter } from "#app/adapters/auth/attempts.ts";
import { systemSecrets } from "#app/adapters/auth/secrets.ts";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import { clientAddressBehind } from "#app/server/requests/client-address.server.ts";
import { callerFrom } from "#app/server/http/caller.server.ts";
import { createFeed } from "#app/server/socket/feed.server.ts";
import { sessionCookie } from "#app/server/http/session-cookie.server.ts";
import { attachSockets } from "#app/server/socket/socket.server.ts";
import { createSessions } from "#app/services/people/sessions.ts";
import { addHome, claimNext, newOperation } from "#tests/contract/fixtures.ts";
import { answerQuestions } from "./child.ts";
import { atRate, event, type SourceAnswer, type SourceQuestion, usage } from "./source.ts";

const folder = await mkdtemp(join(tmpdir(), "berth-bench-"));
const database = await openDatabase({ kind: "sqlite", path: join(folder, "berth.sqlite") });
const stores = sqlStores(database);
const home = await addHome(stores);
await stores.operations.submit(newOperation(home));
const claim = await claimNext(stores, Date.now());
const token = `berth_${systemSecrets.secret()}`;
await stores.people.addToken({
  id: systemSecrets.id(),
  hash: systemSecrets.digest(token),
  personId: home.personId,
  label: "bench",
  createdAt: Date.now(),
  expiresAt: null,
});

const hasher = { hash: () => Promise.reject(new Error("nobody signs in")), verify: () => Promise.resolve(false) };
const sessions = createSessions({ people: stores.people, hasher, limiter: attemptLimiter(), secrets: systemSecrets, now: Date.now });
const whoIs = callerFrom(sessions, sessionCookie(Buffer.alloc(32, 7), "http://127.0.0.1"));
const server = createServer().listen(0, "127.0.0.1", 20_000);
await once(server, "listening");
const feed = createFeed(stores.journal);
const sockets = attachSockets(server, {
  operations: stores.operations,
  journal: stores.journal,
  feed,
  whoIs,
  site: { publicUrl: "http://127.0.0.1" },
  onError: (error, doing) => console.error(`bench: ${doing}:`, error),
  // The whole crowd is one person; all other limits are the usual ones.
  clientAddress: clientAddressBehind([]),
  limits: { perPerson: 20_000, perTenant: 20_000 },
});

const { port } = server.address() as AddressInfo;
const stream = { port, path: `/ws/operations/${claim.operationId}`, token };

answerQuestions<SourceQuestion, SourceAnswer>(
  async (question) => {
    if (question.ask === "send") await atRate(question.events, question.perSecond, () => stores.journal.append(claim, [event], Date.now()));
    return { stream, seq: await stores.journal.head(claim.operationId), ...usage(question.ask === "usage" && question.tidy) };
  },
  async () => {
    await sockets.drain(200);
    feed.close();
    server.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  },
);
