import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readConfig, settingsPage, unknownSettings, WrongSettings } from "./config.server.ts";

const read = (env: Record<string, string> = {}) => readConfig(env, 0);

function sentence(env: Record<string, string>): string {
  try {
    read(env);
  } catch (error) {
    expect(error).toBeInstanceOf(WrongSettings);
    return (error as Error).message;
  }
  throw new Error("accepted");
}

describe("settings", () => {
  it("has a working default for everything", () => {
    expect(read()).toMatchObject({
      home: "/var/lib/berth",
      cache: "/var/cache/berth",
      port: 7480,
      listen: { kind: "tcp", host: "127.0.0.1", port: 7480 },
      publicUrl: "http://127.0.0.1:7480",
      database: { kind: "sqlite", path: "/var/lib/berth/berth.sqlite" },
      secretKeyFile: "/var/lib/berth/keys/master.key",
      hypervisor: "auto",
      libvirtUri: "qemu:///system",
      networkRange: "10.91.0.0/16",
      releases: { kind: "upstream" },
      releasesLock: null,
    });
  });

  it("derives paths from BERTH_HOME and addresses from BERTH_PORT", () => {
    const config = read({ BERTH_HOME: "/srv/b", BERTH_PORT: "8001" });
    expect(config.database).toEqual({ kind: "sqlite", path: "/srv/b/berth.sqlite" });
    expect(config.publicUrl).toBe("http://127.0.0.1:8001");
  });

  it("cannot be changed after reading", () => expect(Object.isFrozen(read())).toBe(true));

  it("treats an empty variable as not set", () => expect(read({ BERTH_PORT: "", BERTH_RELEASES: " " }).port).toBe(7480));

  it("reads every kind of listen address", () => {
    expect(read({ BERTH_LISTEN: "unix:/run/b.sock" }).listen).toEqual({ kind: "unix", path: "/run/b.sock" });
    expect(read({ BERTH_LISTEN: "[::1]:80" }).listen).toEqual({ kind: "tcp", host: "::1", port: 80 });
  });

  it.each([
    ["BERTH_PORT", "http", 'BERTH_PORT is "http": it must be a whole number from 1 to 65535.'],
    ["BERTH_PORT", "65536", 'BERTH_PORT is "65536": it must be a whole number from 1 to 65535.'],
    ["BERTH_HOME", "state", 'BERTH_HOME is "state": it must be an absolute folder.'],
    ["BERTH_HYPERVISOR", "xen", 'BERTH_HYPERVISOR is "xen": it must be auto, system or private.'],
    ["BERTH_ACCELERATOR", "hvf", 'BERTH_ACCELERATOR is "hvf": it must be auto, kvm or tcg.'],
  ])("refuses %s=%s with a sentence", (variable, value, expected) => expect(sentence({ [variable]: value })).toBe(expected));

  it.each([
    ["BERTH_NETWORK_RANGE", "8.8.0.0/16"],
    ["BERTH_NETWORK_RANGE", "10.91.0.0/24"],
    ["BERTH_NETWORK_RANGE", "10.91.3.0/16"],
    ["BERTH_NETWORK_RANGE", "fd00::/16"],
    ["BERTH_NETWORK_RANGE", "010.91.0.0/16"],
    ["BERTH_NETWORK_RANGE", "10.91/16"],
    ["BERTH_NETWORK_RANGE", "10.91.0.0/016"],
    ["BERTH_NETWORK_RANGE", "172.16.0.0/11"],
    ["BERTH_NETWORK_RANGE", "::ffff:10.91.0.0/112"],
    ["BERTH_ADDRESS", "127.1"],
    ["BERTH_ADDRESS", "0x7f.0.0.1"],
    ["BERTH_ADDRESS", "127.0.0.010"],
    ["BERTH_ADDRESS", "[::1]"],
    ["BERTH_PUBLISH_ADDRESS", "2130706433"],
    ["BERTH_PUBLIC_URL", "https://portal.example.org/?x=1"],
    ["BERTH_PUBLIC_URL", "https://portal.example.org/#top"],
    ["BERTH_PUBLIC_URL", "https://ada:secret@portal.example.org"],
    ["BERTH_HOME", "/srv/be\nrth"],
    ["BERTH_CACHE", "/srv/\u009bberth"],
    ["BERTH_LISTEN", "localhost"],
    ["BERTH_LISTEN", "127.0.0.1:99999"],
    ["BERTH_PUBLIC_URL", "ftp://x"],
    ["BERTH_PUBLIC_URL", "https://x/berth"],
    ["BERTH_RELEASES", "releases"],
    ["BERTH_RELEASES", "ftp://mirror.example/berth"],
    ["BERTH_RELEASES_LOCK", "releases.lock.json"],
    ["BERTH_TRUSTED_PROXY", "proxy.example"],
    ["BERTH_TRUSTED_PROXY", "10.0.0.0/33"],
    ["BERTH_TRUSTED_PROXY", "127.0.0.1,"],
    ["BERTH_LIBVIRT_URI", "xen:///"],
    ["BERTH_MAX_OPERATIONS", "0"],
    ["BERTH_PUBLISH_BASE", "80"],
    ["BERTH_PUBLISH_ADDRESS", "example"],
    ["BERTH_LANGUAGE", "xx"],
  ])("refuses %s=%s", (variable, value) => expect(sentence({ [variable]: value })).toContain(variable));

  it("takes released files from upstream, from nowhere, from a folder or from a mirror", () => {
    const source = (text: string) => read({ BERTH_RELEASES: text }).releases;
    expect(source("build")).toEqual({ kind: "none" });
    expect(source("auto")).toEqual({ kind: "upstream" });
    expect(source("/srv/releases")).toEqual({ kind: "folder", folder: "/srv/releases" });
    expect(source("https://mirror.example/berth")).toEqual({ kind: "mirror", address: "https://mirror.example/berth" });
  });

  it("reads trusted proxies as a list", () => {
    expect(read().trustedProxies).toEqual([]);
    expect(read({ BERTH_TRUSTED_PROXY: "127.0.0.1, 10.0.0.0/8,::1" }).trustedProxies).toEqual(["127.0.0.1", "10.0.0.0/8", "::1"]);
  });

  it.each([
    ["192.168.0.0/13", "not all of its addresses are private"],
    ["172.0.0.0/11", "not all of its addresses are private"],
    ["10.96.0.0/16", "it overlaps 10.96.0.0/12, the default range of services"],
    ["10.244.128.0/18", "it overlaps 10.244.0.0/16, the default range of pods"],
    ["10.0.0.0/8", "it overlaps 10.244.0.0/16, the default range of pods"],
  ])("says what is wrong with the range %s", (range, reason) => expect(sentence({ BERTH_NETWORK_RANGE: range })).toContain(`; ${reason}.`));

  it("names a control character and prints none", () => {
    const text = sentence({ BERTH_RELEASES: "https://x/\u001b[2J" });
    expect(text).toBe("BERTH_RELEASES contains the control character U+001B: remove it.");
  });

  it.each([
    ["HTTPS://Portal.Example.ORG:443/", "https://portal.example.org"],
    ["http://portal.example.org:80", "http://portal.example.org"],
    ["http://[FD00::1]:7480/", "http://[fd00::1]:7480"],
    ["https://베르트.example", "https://xn--2w2b11d3z1a.example"],
  ])("reads the public address %s", (typed, read) => expect(readConfig({ BERTH_PUBLIC_URL: typed }, 0).publicUrl).toBe(read));

  it.each(["::1", "fd00::1", "::ffff:127.0.0.1", "0.0.0.0"])("takes the address %s", (address) =>
    expect(read({ BERTH_ADDRESS: address }).address).toBe(address),
  );

  it.each(["/srv/a#b", "/srv/100%", "/srv/what?", "/srv/my berth", "/srv/버스", "/srv/b/"])("takes the folder %s", (folder) =>
    expect(read({ BERTH_HOME: folder }).home).toBe(folder),
  );

  it("names every wrong setting at once", () => {
    expect(sentence({ BERTH_PORT: "x", BERTH_LANGUAGE: "x" }).split("\n")).toHaveLength(2);
  });

  it("does not print a database address that may hold a password", () => {
    const text = sentence({ BERTH_DATABASE_URL: "mysql://u:hunter2@h/d" });
    expect(text).toContain("BERTH_DATABASE_URL is not valid");
    expect(text).not.toContain("hunter2");
  });

  it("finds misspelt variables", () => {
    expect(unknownSettings({ BERTH_PROT: "1", BERTH_PORT: "2", PATH: "" })).toEqual(["BERTH_PROT"]);
  });

  it("takes a PostgreSQL that is reached by its socket, as its own programs write it", () => {
    const url = "postgres://berth@/berth?host=/var/run/postgresql";
    expect(readConfig({ BERTH_DATABASE_URL: url }, 0).database).toEqual({ kind: "postgres", url });
    expect(() => readConfig({ BERTH_DATABASE_URL: "postgres://berth@/" }, 0)).toThrow("BERTH_DATABASE_URL");
  });

  it("is documented: docs/settings.md is up to date", () => {
    expect(readFileSync(new URL("../../docs/settings.md", import.meta.url), "utf8")).toBe(settingsPage());
  });
});
