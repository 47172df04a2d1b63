import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSshKeyFault, readSshKey } from "./ssh-key.ts";

const field = (content: string | Buffer): Buffer => {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const key = (kind: string, ...rest: readonly (string | Buffer)[]): string =>
  `${kind} ${Buffer.concat([kind, ...rest].map(field)).toString("base64")}`;

function rsa(bits: number): string {
  const { n = "", e = "" } = generateKeyPairSync("rsa", { modulusLength: bits }).publicKey.export({ format: "jwk" });
  return key("ssh-rsa", Buffer.from(e, "base64url"), Buffer.concat([Buffer.from([0]), Buffer.from(n, "base64url")]));
}

const ed25519 = key("ssh-ed25519", Buffer.alloc(32, 7));
const p256 = key("ecdsa-sha2-nistp256", "nistp256", Buffer.alloc(65, 4));

describe("public SSH keys", () => {
  it.each([
    ["ed25519", ed25519],
    ["ecdsa", p256],
    ["rsa of 2048 bits", rsa(2048)],
    ["a security key", key("sk-ssh-ed25519@openssh.com", Buffer.alloc(32, 7), "ssh:")],
  ])("accepts %s", (_, line) => {
    expect(readSshKey(line)).toMatchObject({ line, comment: "" });
  });

  it("keeps the comment and tidies the blanks", () => {
    expect(readSshKey(`  ${ed25519}   ada  at home \n`)).toMatchObject({ line: `${ed25519} ada at home`, comment: "ada at home" });
  });

  it.each([
    ["-----BEGIN OPENSSH PRIVATE KEY-----\nabc", { fault: "private" }],
    [`${ed25519}\n${ed25519}`, { fault: "lines" }],
    ["", { fault: "form" }],
    ["ssh-ed25519", { fault: "form" }],
    ["ssh-ed25519 AAAA", { fault: "form" }],
    ["ssh-ed25519 not-base64!", { fault: "form" }],
    [ed25519.replace("ssh-ed25519", "ssh-rsa"), { fault: "form" }],
    [key("ssh-ed25519", Buffer.alloc(31)), { fault: "form" }],
    [key("ssh-dss", Buffer.alloc(128)), { fault: "kind", kind: "ssh-dss" }],
    [rsa(1024), { fault: "weak", bits: 1024, min: 2048 }],
    [`command="rm" ${ed25519}`, { fault: "form" }],
  ])("refuses %j", (text, fault) => {
    expect(readSshKey(text)).toEqual(fault);
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), (kind, blob) => {
        expect(isSshKeyFault(readSshKey(`${kind} ${Buffer.from(blob).toString("base64")}`))).toBe(true);
      }),
    );
  });
});
