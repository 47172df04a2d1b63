/** The request store's contract in memory. */
import {
  type Begun,
  isLeased,
  mostRequests,
  type NewRequest,
  type RequestAttempt,
  type RequestStore,
  type SealedText,
  type StoredAnswer,
} from "#app/ports/request-store.ts";

interface StoredRequest {
  readonly personId: string;
  readonly key: string;
  readonly requestId: string;
  readonly digest: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  state: "running" | "answered" | "refused";
  holder: string;
  leaseUntil: number;
  text: string | null;
  secret: SealedText | null;
}

export function createMemoryRequestStore(): RequestStore {
  const rows = new Map<string, StoredRequest>();
  const at = ({ personId, key }: Pick<NewRequest, "personId" | "key">) => JSON.stringify([personId, key]);
  const running = (a: RequestAttempt): StoredRequest | null => {
    const row = rows.get(at(a));
    return row?.requestId === a.requestId && row.state === "running" ? row : null;
  };
  const held = (a: RequestAttempt): StoredRequest | null => {
    const row = running(a);
    return row?.holder === a.holder ? row : null;
  };
  const start = (r: NewRequest): Begun => {
    const { personId, key, requestId, digest, holder, now, expiresAt } = r;
    rows.set(at(r), {
      personId,
      key,
      requestId,
      digest,
      holder,
      createdAt: now,
      expiresAt,
      state: "running",
      leaseUntil: now + r.leaseMs,
      text: null,
      secret: null,
    });
    dropOldest(personId);
    return { outcome: "started", requestId, resumed: false };
  };
  const dropOldest = (personId: string): void => {
    const own = [...rows]
      .filter(([, row]) => row.personId === personId && row.state !== "running")
      .sort(([, a], [, b]) => b.createdAt - a.createdAt);
    for (const [place] of own.slice(mostRequests)) rows.delete(place);
  };
  return {
    begin: async (r) => {
      const row = rows.get(at(r));
      if (!row || row.expiresAt <= r.now || row.state === "refused") return start(r);
      if (row.digest !== r.digest) return { outcome: "reused" };
      if (row.state === "answered") return { outcome: "answered", requestId: row.requestId, answer: answerOf(row, r.now) };
      if (isLeased(row.leaseUntil, r.now, r.leaseMs)) return { outcome: "running" };
      Object.assign(row, { state: "running", holder: r.holder, leaseUntil: r.now + r.leaseMs });
      return { outcome: "started", requestId: row.requestId, resumed: true };
    },
    renew: async (a, leaseUntil) => {
      const row = held(a);
      if (row) row.leaseUntil = leaseUntil;
    },
    keepSecret: async (a, secret) => {
      const row = running(a);
      if (!row) return secret;
      row.secret ??= secret;
      return row.secret;
    },
    answer: async (a, answer) => {
      const row = running(a);
      if (!row) return;
      row.state = "answered";
      row.text = "text" in answer ? answer.text : null;
      row.secret = "text" in answer ? null : answer;
    },
    refuse: async (a) => {
      const row = held(a);
      if (row) row.state = "refused";
    },
    abandon: async (a) => {
      const row = held(a);
      if (row) row.leaseUntil = 0;
    },
    expire: async (now) => {
      for (const [place, row] of rows) {
        if (row.expiresAt <= now) rows.delete(place);
        else if (row.secret !== null && row.secret.until <= now) row.secret = null;
      }
    },
  };
}

function answerOf({ text, secret }: StoredRequest, now: number): StoredAnswer {
  if (text !== null) return { kind: "open", text };
  return secret !== null && secret.until > now ? { kind: "sealed", tenantId: secret.tenantId, sealed: secret.sealed } : { kind: "expired" };
}
