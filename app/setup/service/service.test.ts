import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "#app/foundation/config.server.ts";
import { tryLock } from "#app/foundation/lock.ts";
import { environmentOf, installedSettings } from "./installed.ts";
import { servicePlaces } from "./places.ts";
import { describeService, installService, type RunProgram, type ServiceContext, uninstallService } from "./service.ts";
import { demandNoClusters, listUninstall, type Uninstall, uninstall } from "./uninstall.ts";

let root: string;
let ran: string[];
let said: string[];
let active: boolean;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "berth-service-"));
  [ran, said, active] = [[], [], false];
  mkdirSync(join(root, "repo", "app"), { recursive: true });
  mkdirSync(join(root, "repo", ".git"));
  writeFileSync(join(root, "repo", "app", "a.ts"), "a", { mode: 0o666 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Files are really copied; systemd and ownership are only asked for. */
const run: RunProgram = async (command, args) => {
  ran.push([command, ...args].join(" "));
  if (command === "cp" || command === "chmod") return execFileSync(command, [...args], { encoding: "utf8" });
  if (command === "systemctl" && (args[0] === "start" || args[0] === "stop" || args.includes("--now"))) active = args[0] === "start";
  return command === "sh" && args.includes("is-active") ? (active ? "active" : "inactive") : "";
};

/** What changed the service or what it runs, in order. */
const changes = (): readonly string[] => ran.filter((line) => /^systemctl (start|stop|disable)|^own libvirt/.test(line));

function context(change: Partial<ServiceContext> = {}): ServiceContext {
  const config = readConfig({ BERTH_HOME: join(root, "home"), BERTH_CACHE: join(root, "cache") }, 0);
  return {
    places: servicePlaces(root),
    config,
    mode: "system",
    repo: join(root, "repo"),
    env: { BERTH_PORT: "9000" },
    uid: 0,
    systemd: true,
    run,
    say: (line) => said.push(line),
    ...change,
  };
}

const nothing: Uninstall = { virsh: null, stopOwnLibvirt: async () => void ran.push("own libvirt ended"), home: false, cache: false };

describe("installing the service", () => {
  it("copies the tree without its history, writes the files, and starts the unit", async () => {
    await installService(context());
    const { tree, unit, settings, command, guestsOrder } = servicePlaces(root);
    expect(existsSync(join(tree, "app", "a.ts"))).toBe(true);
    expect(existsSync(join(tree, ".git"))).toBe(false);
    expect(statSync(join(tree, "app", "a.ts")).mode & 0o022).toBe(0);
    expect(ran).toContain(`chown -R 0:0 ${tree}.new`);
    expect([unit, command, settings, guestsOrder].map((file) => statSync(file).mode & 0o777)).toEqual([0o644, 0o755, 0o600, 0o644]);
    expect(readFileSync(settings, "utf8")).toContain('BERTH_PORT="9000"');
    expect(ran.filter((line) => line.startsWith("systemctl"))).toEqual([
      "systemctl daemon-reload",
      "systemctl enable --quiet berth.service",
      "systemctl start berth.service",
    ]);
    expect(said.join("\n")).toContain(join(root, "home", "run", "first-link"));
    expect(said.join("\n")).not.toContain("/join/");
  });

  it("is an upgrade the second time: settings that were written stay, and what the old tree had is gone", async () => {
    await installService(context());
    writeFileSync(servicePlaces(root).settings, "BERTH_MAX_OPERATIONS=2\n");
    rmSync(join(root, "repo", "app", "a.ts"));
    await installService(context());
    expect(readFileSync(servicePlaces(root).settings, "utf8")).toMatch(/BERTH_MAX_OPERATIONS="2"\nBERTH_PORT="9000"/);
    expect(existsSync(join(servicePlaces(root).tree, "app", "a.ts"))).toBe(false);
    expect(ran).toContain("systemctl stop berth.service");
  });

  it.each([
    ["without root", { uid: 1000 }, /root is needed/],
    ["without systemd", { systemd: false }, /does not run systemd.*npm start/],
  ])("is refused %s, before anything is written", async (_, change, reason) => {
    await expect(installService(context(change))).rejects.toThrow(reason);
    expect(existsSync(servicePlaces(root).unit)).toBe(false);
  });

  it("is refused where something of somebody else's is in the way", async () => {
    const { unit, tree, command } = servicePlaces(root);
    for (const file of [unit, command, join(tree, "theirs")]) {
      mkdirSync(join(file, ".."), { recursive: true });
      writeFileSync(file, "theirs");
      await expect(installService(context())).rejects.toThrow("is there already");
      expect(readFileSync(file, "utf8")).toBe("theirs");
      rmSync(file);
    }
  });

  it("is refused while Berth runs in a terminal with the same home", async () => {
    const release = await tryLock(join(root, "home", "run", "launcher.lock"));
    await expect(installService(context())).rejects.toThrow("in a terminal: end it there first");
    await release?.();
  });
});

describe("removing", () => {
  it("the service leaves settings and state, and files that are not Berth's", async () => {
    await installService(context());
    writeFileSync(servicePlaces(root).command, "#!/bin/sh\n# theirs\n");
    await uninstallService(context());
    const { unit, tree, settings, command } = servicePlaces(root);
    expect([unit, tree, settings, command].map((path) => existsSync(path))).toEqual([false, false, true, true]);
    expect(ran).toContain("systemctl disable --now --quiet berth.service");
  });

  it("everything takes settings too, and state and cache only when asked", async () => {
    await installService(context());
    mkdirSync(join(root, "home"), { recursive: true });
    mkdirSync(join(root, "cache"), { recursive: true });
    expect((await listUninstall(context(), nothing)).join("\n")).toContain(`(stays: ${join(root, "home")}; --home removes it)`);
    ran = [];
    await uninstall(context(), nothing);
    expect(changes()).toEqual(["systemctl stop berth.service", "own libvirt ended", "systemctl disable --now --quiet berth.service"]);
    expect([servicePlaces(root).settings, join(root, "home"), join(root, "cache")].map((path) => existsSync(path))).toEqual([
      false,
      true,
      true,
    ]);
    await uninstall(context(), { ...nothing, home: true, cache: true });
    expect(["home", "cache"].map((name) => existsSync(join(root, name)))).toEqual([false, false]);
  });

  it("takes the pools of images, and no other", async () => {
    const asked: string[] = [];
    const virsh = async (words: readonly string[]) => {
      asked.push(words.join(" "));
      return words[0] === "pool-list"
        ? words.includes("--all")
          ? "default\nberth-image-a\nberth-image-b\n"
          : "default\nberth-image-a\n"
        : "";
    };
    await uninstall(context(), { ...nothing, virsh });
    expect(asked.filter((words) => /destroy|undefine/.test(words))).toEqual([
      "pool-destroy berth-image-a",
      "pool-undefine berth-image-a",
      "pool-undefine berth-image-b",
    ]);
  });

  const state = (resources: readonly { readonly type: string }[]) => JSON.stringify({ version: 3, checkpoint: { latest: { resources } } });
  const leaveState = (text: string): void => {
    const stacks = join(root, "home", "tenants", "t1", "state", ".pulumi", "stacks", "cluster");
    mkdirSync(stacks, { recursive: true });
    writeFileSync(join(stacks, "b7-demo.json"), text);
  };

  it("starts the service again, and removes nothing, when a cluster was made since the question was asked", async () => {
    await installService(context());
    await demandNoClusters(context(), nothing);
    leaveState(state([{ type: "libvirt:index/domain:Domain" }]));
    ran = [];
    await expect(uninstall(context(), { ...nothing, home: true })).rejects.toThrow("there are still clusters: b7-demo");
    expect(changes()).toEqual(["systemctl stop berth.service", "systemctl start berth.service"]);
    expect([servicePlaces(root).settings, servicePlaces(root).unit, join(root, "home")].map((path) => existsSync(path))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("does not start a service again that was stopped before", async () => {
    await installService(context());
    active = false;
    leaveState(state([{ type: "libvirt:index/domain:Domain" }]));
    ran = [];
    await expect(uninstall(context(), nothing)).rejects.toThrow("there are still clusters");
    expect(changes()).toEqual(["systemctl stop berth.service"]);
  });

  it("leaves a unit of the same name alone that an administrator wrote", async () => {
    const { unit } = servicePlaces(root);
    mkdirSync(join(unit, ".."), { recursive: true });
    writeFileSync(unit, "[Service]\nExecStart=/usr/bin/theirs\n");
    active = true;
    await uninstallService(context());
    await uninstall(context(), nothing);
    expect(changes()).toEqual(["own libvirt ended"]);
    expect([existsSync(unit), active]).toEqual([true, true]);
    expect((await describeService(context())).lines).toEqual([expect.stringContaining("not installed")]);
  });

  it.each([
    ["has a machine", state([{ type: "libvirt:index/domain:Domain" }])],
    ["cannot be read", "{ torn"],
  ])("is refused while a cluster's state %s", async (_, text) => {
    leaveState(text);
    await expect(demandNoClusters(context(), nothing)).rejects.toThrow("there are still clusters: b7-demo");
  });

  it("is refused while the host has a machine of Berth's that no state knows", async () => {
    const owner = '<metadata><berth:owner xmlns:berth="urn:berth:owner:1" tenant="t" cluster="c" stack="s" machine="m"/></metadata>';
    const answers: Readonly<Record<string, string>> = {
      "net-list": "default\n",
      "net-dumpxml": "<network/>",
      domstats: "Domain: 'b7-demo-m'\n  state.state=5\n  balloon.maximum=131072\n  vcpu.current=1\n",
      dumpxml: `<domain>${owner}</domain>`,
    };
    const virsh = async ([word = ""]: readonly string[]) => answers[word] ?? "";
    await expect(demandNoClusters(context(), { ...nothing, virsh })).rejects.toThrow("machine b7-demo-m");
  });

  it("is allowed when every cluster was destroyed", async () => {
    leaveState(state([{ type: "pulumi:pulumi:Stack" }, { type: "pulumi:providers:libvirt" }]));
    await expect(demandNoClusters(context(), nothing)).resolves.toBeUndefined();
  });
});

describe("the settings of what is installed", () => {
  const elsewhere = () => ({
    config: readConfig({ BERTH_HOME: join(root, "srv"), BERTH_CACHE: join(root, "srv-cache") }, 0),
    env: { BERTH_LIBVIRT_URI: "qemu:///system" },
  });

  it("hold over those of the shell, except in an installation, and outlive the unit", async () => {
    await installService(context(elsewhere()));
    const read = async () => await installedSettings(servicePlaces(root));
    expect(await read()).toEqual({
      BERTH_HOME: join(root, "srv"),
      BERTH_CACHE: join(root, "srv-cache"),
      BERTH_LIBVIRT_URI: "qemu:///system",
    });
    const shell = { BERTH_HOME: "/mine", BERTH_CACHE: "", HOME: "/root" };
    expect(environmentOf("remove", { ...shell, BERTH_HYPERVISOR: "private" }, await read())).toEqual({ ...(await read()), HOME: "/root" });
    expect(environmentOf("remove", shell, {})).toEqual(shell);
    expect(environmentOf("install", shell, await read())).toMatchObject({ BERTH_HOME: "/mine", BERTH_CACHE: join(root, "srv-cache") });
    await uninstallService(context(elsewhere()));
    expect(await read()).toMatchObject({ BERTH_HOME: join(root, "srv") });
  });

  it("come from the unit where the settings file does not name them, and never from somebody else's unit", async () => {
    const { unit, settings } = servicePlaces(root);
    await installService(context(elsewhere()));
    writeFileSync(settings, "BERTH_PORT=9000\n");
    expect(await installedSettings(servicePlaces(root))).toEqual({
      BERTH_HOME: join(root, "srv"),
      BERTH_CACHE: join(root, "srv-cache"),
      BERTH_PORT: "9000",
    });
    writeFileSync(unit, "[Service]\nEnvironment=BERTH_HOME=/theirs\n");
    expect(await installedSettings(servicePlaces(root))).toEqual({ BERTH_PORT: "9000" });
  });
});

it("says whether the service runs", async () => {
  expect(await describeService(context())).toMatchObject({ active: false, lines: [expect.stringContaining("not installed")] });
  await installService(context());
  active = true;
  expect(await describeService(context())).toMatchObject({
    active: true,
    lines: expect.arrayContaining([expect.stringContaining(servicePlaces(root).tree)]) as unknown,
  });
});
