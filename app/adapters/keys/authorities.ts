/**
 * The certificate authorities and the service account key of a cluster, as kubeadm would make them, but before there
 * is a machine: so workers can be told which authority to trust while the control plane still boots.
 */
import { createHash, createPrivateKey, generateKeyPair, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import { promisify } from "node:util";
import type { ClusterPki } from "#app/domain/cluster/spec.ts";
import type { ClientCertificate, ClientIdentity } from "#app/ports/key-maker.ts";
import * as der from "./der.ts";

const tenYears = 10 * 365 * 24 * 3600 * 1000;
/** Its name; every client certificate is issued by it. */
const clusterAuthority = "kubernetes";
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
    makeAuthority(clusterAuthority, now),
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
    serviceAccountKey: exported(account.privateKey),
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
  const { privateKey, publicKey } = await makeKey();
  const info = publicInfo(publicKey);
  const name = nameOf({ commonName });
  const cert = signed({ subject: name, issuer: name, info, from: now, until: now + tenYears, extensions: authorityExtensions(commonName, info) }, privateKey);
  return { cert, key: exported(privateKey) };
}

/** For a person or for Berth itself. Throws when the authority did not sign what it should have. */
export async function signClient({ caCert, caKey }: ClusterPki, { user, group }: ClientIdentity, now: number, lifetimeMs: number): Promise<ClientCertificate> {
  const ca = new X509Certificate(caCert);
  const { privateKey, publicKey } = await makeKey();
  const certificate = signed(
    {
      subject: nameOf({ organization: group, commonName: user }),
      issuer: nameOf({ commonName: clusterAuthority }),
      info: publicInfo(publicKey),
      from: now,
      until: Math.min(now + lifetimeMs, Date.parse(ca.validTo)),
      extensions: clientExtensions(publicInfo(ca.publicKey)),
    },
    createPrivateKey(caKey),
  );
  const made = new X509Certificate(certificate);
  if (!made.checkIssued(ca) || !made.verify(ca.publicKey)) throw new Error("signing a client certificate: the cluster's key does not belong to its certificate");
  return { certificate, privateKey: exported(privateKey) };
}

const exported = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

const ecdsaWithSha256 = der.sequence(der.oid("1.2.840.10045.4.3.2"));

interface Body {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  /** SubjectPublicKeyInfo. */
  readonly info: Buffer;
  readonly from: number;
  readonly until: number;
  readonly extensions: Buffer;
}

/** PEM. */
function signed({ subject, issuer, info, from, until, extensions }: Body, by: KeyObject): string {
  const body = der.sequence(
    der.tagged(0, der.integer(Buffer.from([2]))),
    der.integer(serial()),
    ecdsaWithSha256,
    issuer,
    der.sequence(der.time(from - slack), der.time(until)),
    subject,
    info,
    der.tagged(3, extensions),
  );
  return pem("CERTIFICATE", der.sequence(body, ecdsaWithSha256, der.bits(sign("sha256", body, by))));
}

const nameOf = ({ organization, commonName }: { readonly organization?: string; readonly commonName: string }): Buffer =>
  der.sequence(...(organization === undefined ? [] : [namePart("2.5.4.10", organization)]), namePart("2.5.4.3", commonName));

const namePart = (id: string, text: string): Buffer => der.set(der.sequence(der.oid(id), der.utf8(text)));

/** Those that kubeadm gives its authorities: CA, key usage, key identifier, the name once more. */
const authorityExtensions = (commonName: string, info: Buffer): Buffer =>
  der.sequence(
    extension(keyUsage, true, der.bits(Buffer.from([authorityUsages]), 2)),
    extension(basicConstraints, true, der.sequence(der.boolean(true))),
    extension("2.5.29.14", false, der.octets(keyIdentifier(info))),
    extension("2.5.29.17", false, der.sequence(der.implicit(2, Buffer.from(commonName)))),
  );

/** No authority, for signatures, for TLS clients, issued by this key. */
const clientExtensions = (authorityInfo: Buffer): Buffer =>
  der.sequence(
    extension(keyUsage, true, der.bits(Buffer.from([0b1000_0000]), 7)),
    extension("2.5.29.37", false, der.sequence(der.oid("1.3.6.1.5.5.7.3.2"))),
    extension(basicConstraints, true, der.sequence()),
    extension("2.5.29.35", false, der.sequence(der.implicit(0, keyIdentifier(authorityInfo)))),
  );

const keyUsage = "2.5.29.15";
const basicConstraints = "2.5.29.19";

/** digitalSignature, keyEncipherment and keyCertSign, as bits 0, 2 and 5. */
const authorityUsages = 0b1010_0100;

const keyIdentifier = (info: Buffer): Buffer => sha("sha1", info);

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
