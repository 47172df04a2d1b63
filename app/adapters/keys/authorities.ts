/**
 * The certificate authorities and the service account key of a cluster, as kubeadm would make them, but before there
 * is a machine: so workers can be told which authority to trust while the control plane still boots.
 */
import { createHash, createPrivateKey, KeyObject, X509Certificate } from "node:crypto";
import type { Extension, JsonNameParams } from "@peculiar/x509";
import type { ClusterPki } from "#app/domain/cluster/spec.ts";
import type { ClientCertificate, ClientIdentity } from "#app/ports/key-maker.ts";

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
    serviceAccountPublicKey: KeyObject.from(account.publicKey).export({ type: "spki", format: "pem" }).toString(),
  };
  return { pki, caCertHash: certHash(pki.caCert) };
}

/** Of a certificate in PEM. */
export const certHash = (certificate: string): string =>
  `sha256:${createHash("sha256")
    .update(new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" }))
    .digest("hex")}`;

const ecdsa = { name: "ECDSA", namedCurve: "P-256" } as const;

const makeKey = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(ecdsa, true, ["sign", "verify"]);

async function makeAuthority(commonName: string, now: number): Promise<{ readonly cert: string; readonly key: string }> {
  const { privateKey, publicKey } = await makeKey();
  const name = nameOf({ commonName });
  const cert = await signed(
    {
      subject: name,
      issuer: name,
      publicKey,
      from: now,
      until: now + tenYears,
      extensions: await authorityExtensions(commonName, publicKey),
    },
    privateKey,
  );
  return { cert, key: exported(privateKey) };
}

/** For a person or for Berth itself. Throws when the authority did not sign what it should have. */
export async function signClient(
  { caCert, caKey }: ClusterPki,
  { user, group }: ClientIdentity,
  now: number,
  lifetimeMs: number,
): Promise<ClientCertificate> {
  const ca = new X509Certificate(caCert);
  const { privateKey, publicKey } = await makeKey();
  const certificate = await signed(
    {
      subject: nameOf({ organization: group, commonName: user }),
      issuer: nameOf({ commonName: clusterAuthority }),
      publicKey,
      from: now,
      until: Math.min(now + lifetimeMs, Date.parse(ca.validTo)),
      extensions: await clientExtensions(caCert),
    },
    createPrivateKey(caKey).toCryptoKey(ecdsa, false, ["sign"]) as CryptoKey,
  );
  const made = new X509Certificate(certificate);
  if (!made.checkIssued(ca) || !made.verify(ca.publicKey))
    throw new Error("signing a client certificate: the cluster's key does not belong to its certificate");
  return { certificate, privateKey: exported(privateKey) };
}

const exported = (key: CryptoKey): string => KeyObject.from(key).export({ type: "pkcs8", format: "pem" }).toString();

/** Loaded with the first certificate: the portal starts without it. It needs `Reflect.metadata`. */
async function library() {
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}

interface Body {
  readonly subject: JsonNameParams;
  readonly issuer: JsonNameParams;
  readonly publicKey: CryptoKey;
  readonly from: number;
  readonly until: number;
  readonly extensions: Extension[];
}

/** PEM. */
async function signed({ subject, issuer, publicKey, from, until, extensions }: Body, signingKey: CryptoKey): Promise<string> {
  const x509 = await library();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: new x509.Name(subject),
    issuer: new x509.Name(issuer),
    publicKey,
    notBefore: new Date(from - slack),
    notAfter: new Date(until),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    signingKey,
    extensions,
  });
  return `${certificate.toString("pem")}\n`;
}

/** As UTF8String, whatever the characters: Go compares an issuer's name with the authority's byte by byte. */
const nameOf = ({ organization, commonName }: { readonly organization?: string; readonly commonName: string }): JsonNameParams => [
  ...(organization === undefined ? [] : [{ O: [{ utf8String: organization }] }]),
  { CN: [{ utf8String: commonName }] },
];

/** Those that kubeadm gives its authorities: CA, key usage, key identifier, the name once more. */
async function authorityExtensions(commonName: string, publicKey: CryptoKey): Promise<Extension[]> {
  const x509 = await library();
  const usages = x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment | x509.KeyUsageFlags.keyCertSign;
  return [
    new x509.KeyUsagesExtension(usages, true),
    new x509.BasicConstraintsExtension(true, undefined, true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    new x509.SubjectAlternativeNameExtension([{ type: "dns", value: commonName }]),
  ];
}

/** No authority, for signatures, for TLS clients, issued by this authority's key: identified as its certificate does. */
async function clientExtensions(caCert: string): Promise<Extension[]> {
  const x509 = await library();
  const authority = new x509.X509Certificate(caCert).getExtension(x509.SubjectKeyIdentifierExtension);
  return [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    new x509.BasicConstraintsExtension(false, undefined, true),
    ...(authority === null ? [] : [new x509.AuthorityKeyIdentifierExtension(authority.keyId)]),
  ];
}
