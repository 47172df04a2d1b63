import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSshKeyFault, readSshKey, withoutHarm } from "./ssh-key.ts";

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
    expect(readSshKey(`\ufeff${ed25519.replace(" ", "\u00a0")}\tZoe\u0308s\u3000Laptop 🦀\r\n`)).toMatchObject({
      line: `${ed25519} Zoës Laptop 🦀`,
    });
    expect(readSshKey(`# my keys\n\n${ed25519} ada\n`)).toMatchObject({ line: `${ed25519} ada` });
  });

  it.each([
    ["-----BEGIN OPENSSH PRIVATE KEY-----\nabc", { fault: "private" }],
    ["-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED", { fault: "private" }],
    ["PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: ada", { fault: "putty" }],
    ['---- BEGIN SSH2 PUBLIC KEY ----\nComment: "ada"\nAAAA\n---- END SSH2 PUBLIC KEY ----', { fault: "ssh2" }],
    ["-----BEGIN PUBLIC KEY-----\nMCowBQ==\n-----END PUBLIC KEY-----", { fault: "pem" }],
    [`${ed25519}\n${ed25519}`, { fault: "several" }],
    [`${ed25519} ada\r\n${p256} grace`, { fault: "several" }],
    [`${ed25519.slice(0, 40)}\n${ed25519.slice(40)}`, { fault: "wrapped" }],
    [key("ssh-ed25519-cert-v01@openssh.com", Buffer.alloc(32)), { fault: "certificate" }],
    [`restrict,pty ${ed25519}`, { fault: "options" }],
    [`from="10.0.0.0/8,!10.1.0.0/16",command="echo \\"a b\\"" ${ed25519} ada`, { fault: "options" }],
    [`git.example.org,192.0.2.7 ${ed25519}`, { fault: "options" }],
    [`${ed25519} a\u0080b`, { fault: "comment", character: "U+0080" }],
    [`${ed25519} a\u007fb`, { fault: "comment", character: "U+007F" }],
    [`${ed25519} a\u0000b`, { fault: "comment", character: "U+0000" }],
    [`${ed25519} \u001b[2J`, { fault: "comment", character: "U+001B" }],
    [`${ed25519} a\ud800b`, { fault: "comment", character: "U+D800" }],
    [`${ed25519} ada\u202etoor`, { fault: "comment", character: "U+202E" }],
    [`${ed25519} a\u2028${ed25519}`, { fault: "comment", character: "U+2028" }],
    [`${ed25519} ${"x".repeat(201)}`, { fault: "commentLong" }],
    ["", { fault: "form" }],
    ["ssh-ed25519", { fault: "form" }],
    ["ssh-ed25519 AAAA", { fault: "form" }],
    ["ssh-ed25519 not-base64!", { fault: "form" }],
    [ed25519.replace("ssh-ed25519", "ssh-rsa"), { fault: "form" }],
    [key("ssh-ed25519", Buffer.alloc(31)), { fault: "form" }],
    [key("ssh-dss", Buffer.alloc(128)), { fault: "kind", kind: "ssh-dss" }],
    [rsa(1024), { fault: "weak", bits: 1024, min: 2048 }],
    [`command="rm" ${ed25519}`, { fault: "options" }],
  ])("refuses %j", (text, fault) => {
    expect(readSshKey(text)).toEqual(fault);
  });

  it("are read as ssh-keygen reads them", () => {
    const folder = mkdtempSync(join(tmpdir(), "berth-ssh-key-"));
    try {
      for (const [kind, bits] of [
        ["ed25519", "256"],
        ["ecdsa", "384"],
        ["ecdsa", "521"],
        ["rsa", "2048"],
      ] as const) {
        const file = join(folder, `${kind}-${bits}`);
        execFileSync("ssh-keygen", ["-q", "-t", kind, "-b", bits, "-N", "", "-C", "서울 ada@host", "-f", file]);
        expect(readSshKey(readFileSync(`${file}.pub`, "utf8"))).toMatchObject({ comment: "서울 ada@host" });
        expect(readSshKey(readFileSync(file, "utf8"))).toEqual({ fault: "private" });
        const ssh2 = execFileSync("ssh-keygen", ["-e", "-f", `${file}.pub`], { encoding: "utf8" });
        expect(readSshKey(ssh2)).toEqual({ fault: "ssh2" });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("that were taken before comments were judged can still be read, without what is refused now", () => {
    expect(withoutHarm(`${ed25519} ada`)).toBe(`${ed25519} ada`);
    expect(withoutHarm(`${ed25519} a\u0080d\u202ea \ud800`)).toBe(`${ed25519} ada`);
    expect(withoutHarm(`${ed25519} \u0000`)).toBe(ed25519);
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), (kind, blob) => {
        expect(isSshKeyFault(readSshKey(`${kind} ${Buffer.from(blob).toString("base64")}`))).toBe(true);
      }),
    );
  });
});
