/** Against a real TLS server on loopback that demands a client certificate, as an API server does. */
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Message, message } from "#app/domain/message/message.ts";
import type { ApiAccess } from "#app/ports/cluster-nodes.ts";
import { kubernetesNodes } from "./nodes.ts";

let folder: string;
let server: Server;
let answer: { status: number; body: string; headers?: Record<string, string> } | null;
let leases = JSON.stringify({ items: [] });
const patches: string[] = [];
const asked: string[] = [];

const openssl = (...words: readonly string[]) => execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
const file = (name: string) => readFileSync(join(folder, name));

function certificate(name: string, extensions: string): void {
  writeFileSync(join(folder, `${name}.ext`), extensions);
  openssl(
    "req",
    "-new",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.csr`,
    "-subj",
    `/CN=${name}`,
  );
  openssl(
    "x509",
    "-req",
    "-in",
    `${name}.csr`,
    "-CA",
    "ca.crt",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-days",
    "2",
    "-extfile",
    `${name}.ext`,
    "-out",
    `${name}.crt`,
  );
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth-nodes-"));
  openssl(
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-days",
    "2",
    "-subj",
    "/CN=ca",
  );
  certificate("server", "subjectAltName=IP:127.0.0.1\n");
  certificate("admin", "extendedKeyUsage=clientAuth\n");
  server = createServer(
    { ca: file("ca.crt"), cert: file("server.crt"), key: file("server.key"), requestCert: true, rejectUnauthorized: true },
    (req, res) => {
      asked.push(`${String((req.socket as TLSSocket).getPeerCertificate().subject.CN)} ${req.url ?? ""}`);
      if (req.method === "PATCH")
        req.setEncoding("utf8").on("data", (part: string) => patches.push(`${req.headers["content-type"] ?? ""} ${part}`));
      if ((req.url ?? "").includes("/leases")) res.writeHead(200).end(leases);
      else if (answer !== null) res.writeHead(answer.status, answer.headers).end(answer.body);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const text = (name: string) => file(name).toString();
const access = (ca = "ca.crt"): ApiAccess => ({
  host: "127.0.0.1",
  port: (server.address() as AddressInfo).port,
  caCert: text(ca),
  certificate: text("admin.crt"),
  privateKey: text("admin.key"),
});

const asking = (): Message => message("asking-api-server", { address: `127.0.0.1:${access().port}` });
const because = (reason: Message) => ({ reasons: [asking(), reason] });

const node = (name: string, conditions: readonly unknown[]) => ({ metadata: { name }, status: { conditions } });

test("reads names and readiness, as the person of the certificate", async () => {
  const items = [
    node("cp0", [
      { type: "MemoryPressure", status: "False" },
      { type: "Ready", status: "True" },
    ]),
    node("w1", [{ type: "Ready", status: "Unknown" }]),
    node("w2", [{ type: "Ready", status: "False" }]),
    node("w3", []),
  ];
  answer = { status: 200, body: JSON.stringify({ kind: "NodeList", items }) };
  const { nodes, certificateEndsAt } = await kubernetesNodes().list(access());
  expect(nodes.map((n) => [n.name, n.ready, n.schedulable, n.leaseAgeSeconds])).toEqual([
    ["cp0", "true", true, null],
    ["w1", "unknown", true, null],
    ["w2", "false", true, null],
    ["w3", "unknown", true, null],
  ]);
  expect(asked).toContain("admin /api/v1/nodes");
  expect(new Date(certificateEndsAt ?? 0)).toEqual(new Date(new X509Certificate(file("server.crt")).validTo));
});

test("reads who is cordoned, and how old each lease is by the host's clock", async () => {
  const now = Date.parse("2026-01-01T00:10:00Z");
  answer = {
    status: 200,
    body: JSON.stringify({
      items: [
        { ...node("cp0", []), spec: { podCIDR: "10.244.0.0/24" } },
        { ...node("w1", []), spec: { unschedulable: true } },
        node("w2", []),
      ],
    }),
  };
  const lease = (name: string, renewTime: string | null) => ({ metadata: { name }, spec: { renewTime } });
  leases = JSON.stringify({
    items: [
      lease("cp0", "2026-01-01T00:09:55.123456Z"),
      lease("w1", "2026-01-01T00:00:00.000000Z"),
      lease("w2", null),
      { metadata: { name: "w3" } },
    ],
  });
  const { nodes } = await kubernetesNodes({ now: () => now }).list(access());
  expect(nodes.map((n) => [n.name, n.schedulable, n.leaseAgeSeconds])).toEqual([
    ["cp0", true, 5],
    ["w1", false, 600],
    ["w2", true, null],
  ]);
  leases = JSON.stringify({ items: "none" });
  await expect(kubernetesNodes().list(access())).rejects.toMatchObject(because(message("answer-not-leases")));
  leases = JSON.stringify({ items: [] });
});

test("uncordons one node by a merge patch, and says when that is refused", async () => {
  answer = { status: 200, body: "{}" };
  await kubernetesNodes().uncordon(access(), "w1");
  expect(asked).toContain("admin /api/v1/nodes/w1");
  expect(patches).toEqual(['application/merge-patch+json {"spec":{"unschedulable":null}}']);
  answer = { status: 404, body: "{}" };
  await expect(kubernetesNodes().uncordon(access(), "w1")).rejects.toMatchObject(because(message("answered-with", { status: 404 })));
});

test("trusts only the cluster's own authority", async () => {
  await expect(kubernetesNodes().list(access("admin.crt"))).rejects.toMatchObject({ reasons: [asking(), { code: "reported" }] });
});

test("goes nowhere that an answer points to", async () => {
  answer = { status: 307, body: "", headers: { Location: "https://127.0.0.1:1/" } };
  await expect(kubernetesNodes().list(access())).rejects.toMatchObject(because(message("answered-with", { status: 307 })));
});

test("says what is wrong without a word of the keys", async () => {
  answer = { status: 503, body: "{}" };
  await expect(kubernetesNodes().list(access())).rejects.toMatchObject(because(message("answered-with", { status: 503 })));
  answer = { status: 200, body: '{"items": 7}' };
  await expect(kubernetesNodes().list(access())).rejects.toMatchObject(because(message("answer-not-nodes")));
  answer = null;
  await expect(kubernetesNodes({ timeoutMs: 200 }).list(access())).rejects.toMatchObject(because(message("no-answer", { seconds: 0.2 })));
  const broken = { ...access(), privateKey: "very-secret" };
  await expect(kubernetesNodes().list(broken)).rejects.toThrow(/^(?![\s\S]*very-secret)/);
});
