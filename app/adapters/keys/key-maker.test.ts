import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isSshKeyFault, readSshKey } from "#app/domain/ssh-key.ts";
import type { ClusterKeys } from "#app/ports/key-maker.ts";
import { createKeyMaker } from "./key-maker.ts";

// What the tools that will read these keys say about them is what counts.
const maker = createKeyMaker();
const now = Date.parse("2030-01-01T00:00:00Z");
let folder: string;
let keys: ClusterKeys;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth-keys-"));
  keys = await maker.make(["demo-cp0", "demo-w1"], now);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return path;
}
const tool = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

describe("SSH keys", () => {
  it("are read by ssh-keygen, and the public half is the right one", async () => {
    const pair = await maker.userKeyPair("ada@demo");
    expect(tool("ssh-keygen", "-y", "-f", file("user", pair.privateKey)).trim()).toBe(pair.publicKey);
    expect(tool("ssh-keygen", "-lf", file("user.pub", pair.publicKey))).toMatch(/256 SHA256:\S+ ada@demo \(ED25519\)/);
    expect(isSshKeyFault(readSshKey(pair.publicKey))).toBe(false);
  });

  it("sign and verify for every machine and the portal", () => {
    const { secrets, publics } = keys;
    const all = [
      ...Object.entries(secrets.hostKeys).map(([n, k]) => [k, publics.hostKeys[n]] as const),
      [secrets.portalPrivateKey, publics.portalKey] as const,
    ];
    expect(all).toHaveLength(3);
    all.forEach(([privateKey, publicKey], i) => {
      const message = file(`message${i}`, "hello");
      tool("ssh-keygen", "-q", "-Y", "sign", "-f", file(`key${i}`, privateKey), "-n", "test", message);
      const allowed = file(`allowed${i}`, `me ${publicKey ?? ""}\n`);
      const check = spawnSync("ssh-keygen", ["-Y", "verify", "-f", allowed, "-I", "me", "-n", "test", "-s", `${message}.sig`], {
        input: "hello",
      });
      expect(check.status).toBe(0);
    });
    expect(new Set(all.map(([k]) => k)).size).toBe(3);
  });
});

describe("certificate authorities", () => {
  const authorities = () => {
    const { pki } = keys.secrets;
    return [
      ["kubernetes", pki.caCert, pki.caKey],
      ["etcd-ca", pki.etcdCaCert, pki.etcdCaKey],
      ["front-proxy-ca", pki.frontProxyCaCert, pki.frontProxyCaKey],
    ] as const;
  };

  it("are authorities to openssl, named as kubeadm names them", () => {
    for (const [name, cert] of authorities()) {
      const text = tool("openssl", "x509", "-in", file(`${name}.crt`, cert), "-noout", "-text");
      expect(text).toMatch(new RegExp(`Subject: CN ?= ?${name}`));
      expect(text).toMatch(/Version: 3 /);
      expect(text).toMatch(/NIST CURVE: P-256/);
      expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Key Encipherment, Certificate Sign/);
      expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE/);
      expect(text).toMatch(/Not Before: Dec 31 23:55:00 2029 GMT\s+Not After : Dec 30 00:00:00 2039 GMT/);
    }
  });

  it("issue certificates that openssl accepts", () => {
    const date = String(now / 1000 + 60);
    for (const [name, cert, key] of authorities()) {
      const [ca, caKey, leafKey, request, leaf] = [
        file(`${name}.crt`, cert),
        file(`${name}.key`, key),
        join(folder, "leaf.key"),
        join(folder, "leaf.csr"),
        join(folder, "leaf.crt"),
      ];
      tool(
        "openssl",
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        leafKey,
        "-subj",
        "/CN=leaf",
        "-out",
        request,
      );
      execFileSync(
        "openssl",
        ["x509", "-req", "-in", request, "-CA", ca, "-CAkey", caKey, "-CAcreateserial", "-days", "3650", "-out", leaf],
        { stdio: "ignore" },
      );
      expect(tool("openssl", "verify", "-no_check_time", "-x509_strict", "-CAfile", ca, leaf)).toContain("OK");
      expect(tool("openssl", "verify", "-attime", date, "-CAfile", ca, ca)).toContain("OK");
    }
  });

  it("are pinned by the hash that kubeadm computes", () => {
    const ca = file("pin.crt", keys.secrets.pki.caCert);
    const der = execFileSync("openssl", ["pkey", "-pubin", "-outform", "der"], {
      input: tool("openssl", "x509", "-in", ca, "-noout", "-pubkey"),
    });
    const digest = execFileSync("openssl", ["dgst", "-sha256", "-r"], { input: der, encoding: "utf8" }).split(" ")[0];
    expect(keys.publics.caCertHash).toBe(`sha256:${digest}`);
  });

  it("come with a service account key whose halves belong together", () => {
    const { serviceAccountKey, serviceAccountPublicKey } = keys.secrets.pki;
    expect(tool("openssl", "pkey", "-in", file("sa.key", serviceAccountKey), "-pubout")).toBe(serviceAccountPublicKey);
  });
});

describe("client certificates", () => {
  const day = 86_400_000;
  const who = { user: "berth:ada", group: "kubeadm:cluster-admins" };
  const make = (lifetimeMs = day, from = now) => maker.clientCertificate(keys.secrets.pki, who, from, lifetimeMs);

  it("name person and group, and openssl accepts them for TLS clients and nothing else", async () => {
    const { certificate } = await make();
    const path = file("client.crt", certificate);
    const text = tool("openssl", "x509", "-in", path, "-noout", "-text", "-nameopt", "RFC2253");
    expect(text).toContain("Subject: CN=berth:ada,O=kubeadm:cluster-admins");
    expect(text).toMatch(/Issuer: CN=kubernetes/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(text).toMatch(/Extended Key Usage: \n?\s+TLS Web Client Authentication\n/);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toMatch(/Not Before: Dec 31 23:55:00 2029 GMT\s+Not After : Jan {2}2 00:00:00 2030 GMT/);
    const ca = file("ca.crt", keys.secrets.pki.caCert);
    const verify = (purpose: string) =>
      spawnSync("openssl", ["verify", "-x509_strict", "-attime", String(now / 1000 + 60), "-purpose", purpose, "-CAfile", ca, path]).status;
    expect([verify("sslclient"), verify("sslserver")]).toEqual([0, 2]);
  });

  it("have a key of their own that fits, another one each time", async () => {
    const [one, other] = [await make(), await make()];
    expect(new X509Certificate(one.certificate).checkPrivateKey(createPrivateKey(one.privateKey))).toBe(true);
    expect(other.privateKey).not.toBe(one.privateKey);
    expect(new X509Certificate(other.certificate).serialNumber).not.toBe(new X509Certificate(one.certificate).serialNumber);
  });

  it("end no later than the authority", async () => {
    const { certificate } = await make(20 * 365 * day);
    expect(new X509Certificate(certificate).validTo).toBe(new X509Certificate(keys.secrets.pki.caCert).validTo);
  });

  it("are not made with a key that does not belong to the authority", async () => {
    const { pki } = keys.secrets;
    await expect(maker.clientCertificate({ ...pki, caKey: pki.etcdCaKey }, who, now, day)).rejects.toThrow(
      "does not belong to its certificate",
    );
    await expect(maker.clientCertificate({ ...pki, caCert: pki.etcdCaCert, caKey: pki.etcdCaKey }, who, now, day)).rejects.toThrow(
      "does not belong to its certificate",
    );
  });
});

describe("bootstrap tokens", () => {
  it("have kubeadm's form, one per machine", () => {
    const tokens = Object.values(keys.secrets.bootstrapTokens);
    for (const token of tokens) expect(token).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    expect(new Set(tokens).size).toBe(2);
  });
});

describe("a cluster that grows", () => {
  it("keeps every key there is and gets some for the new machines", async () => {
    const grown = await maker.extend(keys.secrets, ["demo-cp0", "demo-w1", "demo-w2"]);
    expect(grown.secrets).toMatchObject(keys.secrets);
    expect(Object.keys(grown.publics.hostKeys)).toEqual(["demo-cp0", "demo-w1", "demo-w2"]);
    expect(grown.publics).toMatchObject(keys.publics);
  });

  it("gives a machine that comes back the key it had", async () => {
    const grown = await maker.extend(keys.secrets, ["demo-w2"]);
    expect((await maker.extend(grown.secrets, ["demo-w2"])).secrets).toEqual(grown.secrets);
  });
});
