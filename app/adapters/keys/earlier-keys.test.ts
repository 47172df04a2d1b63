/** Keys of clusters that exist already, in the forms that other programs and earlier versions gave them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createKeyMaker } from "./key-maker.ts";
import { publicOf } from "./open-ssh.ts";

const maker = createKeyMaker();
const who = { user: "berth:ada", group: "kubeadm:cluster-admins" };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-earlier-keys-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string): string => join(folder, name);
const openssl = (...args: readonly string[]): string =>
  execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Earlier versions computed the key identifier over other bytes, so the authority's certificate is what says it. */
function makeAuthority(keyIdentifier: string): { readonly caCert: string; readonly caKey: string } {
  const extensions = [
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign",
    `subjectKeyIdentifier=${keyIdentifier}`,
  ];
  writeFileSync(
    path("ca.conf"),
    ["[req]", "distinguished_name=name", "x509_extensions=ca", "string_mask=utf8only", "[name]", "[ca]", ...extensions, ""].join("\n"),
  );
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path("ca.key")];
  openssl("req", "-x509", "-config", path("ca.conf"), ...key, "-subj", "/CN=kubernetes", "-days", "30", "-out", path("ca.crt"));
  return { caCert: readFileSync(path("ca.crt"), "utf8"), caKey: readFileSync(path("ca.key"), "utf8") };
}

test("a client certificate names its authority by the key identifier and the very bytes of the authority's own certificate", async () => {
  const { pki } = (await maker.make([], Date.now())).secrets;
  const authority = makeAuthority("0102030405060708090a0b0c0d0e0f1011121314");
  const { certificate } = await maker.clientCertificate({ ...pki, ...authority }, who, Date.now(), 3_600_000);
  const client = path("client.crt");
  execFileSync("openssl", ["x509", "-out", client], { input: certificate });
  expect(openssl("x509", "-in", client, "-noout", "-ext", "authorityKeyIdentifier")).toContain(
    "01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14",
  );
  expect(openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", path("ca.crt"), client)).toContain("OK");
  const typed = (file: string, field: string) =>
    openssl("x509", "-in", file, "-noout", field, "-nameopt", "RFC2253,show_type").split("=").slice(1).join("=");
  expect(typed(client, "-issuer")).toBe("CN=UTF8STRING:kubernetes\n");
  expect(typed(path("ca.crt"), "-subject")).toBe(typed(client, "-issuer"));
});

test("times have no fractions of a second, before and after 2050", async () => {
  const { pki } = (await maker.make([], Date.parse("2045-01-01T00:00:00.999Z"))).secrets;
  const text = execFileSync("openssl", ["asn1parse"], { input: pki.caCert, encoding: "utf8" });
  expect(text).toMatch(/UTCTIME +:441231235500Z/);
  expect(text).toMatch(/GENERALIZEDTIME +:20541230000000Z/);
});

test("the public line of a key from ssh-keygen is read, without its comment", async () => {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ada at home", "-f", path("host")]);
  const [kind, encoded] = readFileSync(path("host.pub"), "utf8").split(" ");
  expect(await publicOf(readFileSync(path("host"), "utf8"))).toBe(`${kind} ${encoded}`);
});

test("what is no private key in OpenSSH's form is refused without a word of its content", async () => {
  const wrong = Buffer.from("something else entirely").toString("base64");
  const pem = ["-----BEGIN OPENSSH PRIVATE KEY-----", wrong, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
  const error = await publicOf(pem).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).not.toContain(wrong.slice(0, 12));
  expect(String(error)).not.toContain("something");
});
