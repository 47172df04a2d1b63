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
import type { ApiAccess } from "#app/ports/cluster-nodes.ts";
import { kubernetesNodes } from "./nodes.ts";

let folder: string;
let server: Server;
let answer: { status: number; body: string; headers?: Record<string, string> } | null;
const asked: string[] = [];

const openssl = (...words: readonly string[]) => execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
const file = (name: string) => readFileSync(join(folder, name));

function certificate(name: string, extensions: string): void {
  writeFileSync(join(folder, `${name}.ext`), extensions);
  openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
  openssl("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", `${name}.ext`, "-out", `${name}.crt`);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth-nodes-"));
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=ca");
  certificate("server", "subjectAltName=IP:127.0.0.1\n");
  certificate("admin", "extendedKeyUsage=clientAuth\n");
  server = createServer({ ca: file("ca.crt"), cert: file("server.crt"), key: file("server.key"), requestCert: true, rejectUnauthorized: true }, (req, res) => {
    asked.push(`${String((req.socket as TLSSocket).getPeerCertificate().subject.CN)} ${req.url ?? ""}`);
    if (answer !== null) res.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const text = (name: string) => file(name).toString();
const access = (ca = "ca.crt"): ApiAccess => ({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, caCert: text(ca), certificate: text("admin.crt"), privateKey: text("admin.key") });

const node = (name: string, conditions: readonly unknown[]) => ({ metadata: { name }, status: { conditions } });

test("reads names and readiness, as the person of the certificate", async () => {
  const items = [node("cp0", [{ type: "MemoryPressure", status: "False" }, { type: "Ready", status: "True" }]), node("w1", [{ type: "Ready", status: "Unknown" }]), node("w2", [{ type: "Ready", status: "False" }]), node("w3", [])];
  answer = { status: 200, body: JSON.stringify({ kind: "NodeList", items }) };
  const { nodes, certificateEndsAt } = await kubernetesNodes().list(access());
  expect(nodes).toEqual([
    { name: "cp0", ready: "true" },
    { name: "w1", ready: "unknown" },
    { name: "w2", ready: "false" },
    { name: "w3", ready: "unknown" },
  ]);
  expect(asked).toEqual(["admin /api/v1/nodes"]);
  expect(new Date(certificateEndsAt ?? 0)).toEqual(new Date(new X509Certificate(file("server.crt")).validTo));
});

test("trusts only the cluster's own authority", async () => {
  await expect(kubernetesNodes().list(access("admin.crt"))).rejects.toThrow(/asking the API server at 127\.0\.0\.1:\d+ for its nodes: /);
});

test("goes nowhere that an answer points to", async () => {
  answer = { status: 307, body: "", headers: { Location: "https://127.0.0.1:1/" } };
  await expect(kubernetesNodes().list(access())).rejects.toThrow("it answered 307");
});

test("says what is wrong without a word of the keys", async () => {
  answer = { status: 503, body: "{}" };
  await expect(kubernetesNodes().list(access())).rejects.toThrow("it answered 503");
  answer = { status: 200, body: "{\"items\": 7}" };
  await expect(kubernetesNodes().list(access())).rejects.toThrow("no list of nodes");
  answer = null;
  await expect(kubernetesNodes({ timeoutMs: 200 }).list(access())).rejects.toThrow("no answer within 0.2 s");
  const broken = { ...access(), privateKey: "very-secret" };
  await expect(kubernetesNodes().list(broken)).rejects.toThrow(/^(?!.*very-secret)/);
});
