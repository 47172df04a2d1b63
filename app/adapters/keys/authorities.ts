/**
 * The certificate authorities and the service account key of a cluster, as kubeadm would make them, but before there
 * is a machine: so workers can be told which authority to trust while the control plane still boots.
 */
import { createHash, createPublicKey, generateKeyPair, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import { promisify } from "node:util";
import type { ClusterPki } from "#app/domain/cluster/spec.ts";
import * as der from "./der.ts";

const tenYears = 10 * 365 * 24 * 3600 * 1000;
/** Machines' clocks may be a little behind. */
const slack = 5 * 60 * 1000;

export interface Authorities {
  readonly pki: ClusterPki;
  /** `sha256:<hex>` over the cluster CA's SubjectPublicKeyInfo, as `kubeadm join` pins it. */
  readonly caCertHash: string;
}

/** `now` in epoch milliseconds. */
export async function makeAuthorities(now: number): Promise<Authorities> {
  const [ca, etcd, frontProxy, account] = await Promise.all([
    makeAuthority("kubernetes", now),
    makeAuthority("etcd-ca", now),
    makeAuthority("front-proxy-ca", now),
    makeKey(),
  ]);
  const pki: ClusterPki = {
    caCert: ca.cert,
    caKey: ca.key,
    etcdCaCert: etcd.cert,
    etcdCaKey: etcd.key,
    frontProxyCaCert: frontProxy.cert,
    frontProxyCaKey: frontProxy.key,
    serviceAccountKey: account.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    serviceAccountPublicKey: account.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
  return { pki, caCertHash: certHash(pki.caCert) };
}

/** Of a certificate in PEM. */
export const certHash = (certificate: string): string =>
  `sha256:${sha("sha256", publicInfo(new X509Certificate(certificate).publicKey)).toString("hex")}`;

const makeKey = (): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> =>
  promisify(generateKeyPair)("ec", { namedCurve: "prime256v1" });

async function makeAuthority(commonName: string, now: number): Promise<{ readonly cert: string; readonly key: string }> {
  const { privateKey } = await makeKey();
  const cert = pem("CERTIFICATE", selfSigned(commonName, privateKey, now));
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

const ecdsaWithSha256 = der.sequence(der.oid("1.2.840.10045.4.3.2"));

function selfSigned(commonName: string, key: KeyObject, now: number): Buffer {
  const name = der.sequence(der.set(der.sequence(der.oid("2.5.4.3"), der.utf8(commonName))));
  const info = publicInfo(createPublicKey(key));
  const body = der.sequence(
    der.tagged(0, der.integer(Buffer.from([2]))),
    der.integer(serial()),
    ecdsaWithSha256,
    name,
    der.sequence(der.time(now - slack), der.time(now + tenYears)),
    name,
    info,
    der.tagged(3, extensions(commonName, info)),
  );
  return der.sequence(body, ecdsaWithSha256, der.bits(sign("sha256", body, key)));
}

/** Those that kubeadm gives its authorities: CA, key usage, key identifier, the name once more. */
const extensions = (commonName: string, info: Buffer): Buffer =>
  der.sequence(
    extension("2.5.29.15", true, der.bits(Buffer.from([usages]), 2)),
    extension("2.5.29.19", true, der.sequence(der.boolean(true))),
    extension("2.5.29.14", false, der.octets(sha("sha1", info))),
    extension("2.5.29.17", false, der.sequence(der.implicit(2, Buffer.from(commonName)))),
  );

/** digitalSignature, keyEncipherment and keyCertSign, as bits 0, 2 and 5. */
const usages = 0b1010_0100;

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octets(value));

/** Positive, as RFC 5280 wants it. */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes;
}

const publicInfo = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

const sha = (algorithm: "sha1" | "sha256", content: Buffer): Buffer => createHash(algorithm).update(content).digest();

function pem(label: string, content: Buffer): string {
  const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
