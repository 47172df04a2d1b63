/** The shell of a service machine, run with a systemctl that only writes down what it was asked. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { addressOf, type ClusterSpec, machineNamed } from "#app/domain/cluster/spec.ts";
import type { ServicePort } from "#app/domain/services/service.ts";
import { plainService, plainServiceProgram } from "#tests/plain/service.ts";
import { commandScript, renderService, serviceCheckScript, type ServicePlace, setupScript } from "./scripts.ts";
import type { ServiceProgram } from "./service.ts";

const ports: readonly ServicePort[] = [
  { protocol: "tcp", port: 2049, from: "nodes" },
  { protocol: "udp", port: 111, from: "control-planes" },
];
const program: ServiceProgram = {
  kind: { ...plainService, ports },
  files: ({ settings, nodes }) => [
    { path: "/etc/store/text", mode: "0644", text: `${String(settings.text)} for ${nodes.map(({ address }) => address).join(" ")}\n` },
  ],
  units: ["store.service"],
  setUp: () => "echo prepared",
  checks: { text: { what: "its text", minutes: 1, succeeds: "[ -s /etc/store/text ]", report: "echo no text" } },
  commands: { show: () => "cat /etc/store/text" },
};

/** Its machine is called as the one that the test runs on. */
function placeIn(workers: number, text = "kept"): ServicePlace {
  const nodes = exampleSpec({ workers });
  const [w1 = expect.fail()] = nodes.machines;
  const machine = {
    ...w1,
    name: hostname(),
    role: "service",
    pool: null,
    interfaces: w1.interfaces.map((i) => ({ ...i, address: "10.91.7.230" })),
  } as const;
  const service = { kind: "store", machines: [machine.name], settings: { text } };
  // Time limits are the script's own matter and too long for a test.
  const spec: ClusterSpec = { ...nodes, profile: "accelerated", machines: [...nodes.machines, machine], services: [service] };
  return { spec, service, machine, program };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-service-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const within = (text: string): string => text.replaceAll(/\/(var\/lib\/berth|etc\/(store|berth|systemd))/g, `${folder}$&`);

/** `systemctl`: lines of a shell script that stands in for it. */
function run(script: string, stdin = "", systemctl = "") {
  rmSync(join(folder, "asked"), { force: true });
  writeFileSync(join(folder, "systemctl"), `#!/bin/sh\necho "$*" >> ${folder}/asked\n${systemctl}\n`);
  chmodSync(join(folder, "systemctl"), 0o755);
  const { status, stdout, stderr } = spawnSync("bash", ["-c", within(script)], {
    input: within(stdin),
    encoding: "utf8",
    env: { NODE_ENV: "test", PATH: `${folder}:/usr/bin:/bin` },
  });
  const asked = existsSync(join(folder, "asked")) ? readFileSync(join(folder, "asked"), "utf8").trim().split("\n") : [];
  return { status, stdout, stderr, asked: asked.filter((line) => line.includes("store") || line.includes("berth")) };
}
const setUp = (place: ServicePlace) => run(setupScript(place), renderService(place));
const restarted = "reload-or-restart store.service";

describe("setting a service machine up", () => {
  it("lays its files, prepares, closes its ports and starts its units, in this order", () => {
    const { status, stdout, asked } = setUp(placeIn(1));
    expect([status, stdout]).toEqual([0, `prepared\nstore is set up on ${hostname()}\n`]);
    expect(asked).toEqual(["enable berth-firewall.service", "reload-or-restart berth-firewall.service", "enable store.service", restarted]);
    expect(readFileSync(join(folder, "etc/store/text"), "utf8")).toBe("kept for 10.91.7.10 10.91.7.21\n");
  });

  it("leaves a unit alone that runs with the same files, and restarts it with others, or when it does not run", () => {
    setUp(placeIn(1));
    expect(setUp(placeIn(1)).asked).not.toContain(restarted);
    expect(setUp(placeIn(2)).asked).toContain(restarted);
    const place = placeIn(2);
    expect(run(setupScript(place), renderService(place), `[ "$1" != is-active ]`).asked).toContain(restarted);
  });

  it("restarts a unit after a run that was cut off before it", () => {
    setUp(placeIn(1));
    const place = placeIn(1, "another");
    expect(run(setupScript(place), renderService(place), `[ "$1" != reload-or-restart ]`).status).toBe(1);
    expect(setUp(place).asked).toContain(restarted);
  });

  it("ends on a machine that is another one", () => {
    const place = placeIn(1);
    expect(run(setupScript({ ...place, machine: { ...place.machine, name: "store0" } }), "").stderr).toMatch(/not store0/);
  });

  it("touches no unit and closes nothing where the kind has neither units nor ports", () => {
    const { asked, status } = setUp({ ...placeIn(1), program: { ...plainServiceProgram, files: program.files, setUp: program.setUp } });
    expect([status, asked]).toEqual([0, []]);
    expect(existsSync(join(folder, "etc/berth"))).toBe(false);
  });
});

describe("who may reach it", () => {
  const rules = (place: ServicePlace): string => renderService(place).slice(0, renderService(place).indexOf("FILE", 1));

  it("is nobody but those that the kind names, and SSH", () => {
    const { spec } = placeIn(2);
    const [cp, w1, w2] = ["cp0", "w1", "w2"].map((name) => addressOf(machineNamed(spec, name)));
    expect(rules(placeIn(2))).toContain("policy drop;");
    expect(rules(placeIn(2))).toContain(`ip saddr { ${cp}, ${w1}, ${w2} } tcp dport 2049 accept`);
    expect(rules(placeIn(2))).toContain(`ip saddr { ${cp} } udp dport 111 accept`);
    expect(rules(placeIn(2))).toContain("tcp dport 22 accept");
  });

  it("follows the nodes of the cluster", () => {
    expect(rules(placeIn(1))).not.toBe(rules(placeIn(2)));
  });
});

describe("checking a service machine", () => {
  it("ends when what the kind checks is so, and fails with what it reports", () => {
    const place = placeIn(1);
    setUp(place);
    expect(run(serviceCheckScript(place)).stdout).toBe(`check text: waiting for its text\nstore works on ${hostname()}\n`);
    rmSync(join(folder, "etc"), { recursive: true });
    const failed = run(serviceCheckScript(place).replace("until_ok 60 ", "until_ok 0 "));
    expect([failed.status, failed.stdout]).toEqual([1, "check text: waiting for its text\nno text\n"]);
  });
});

describe("commands for later", () => {
  it("run by their names, on that machine", () => {
    const place = placeIn(1);
    setUp(place);
    expect(run(commandScript(place, "show")).stdout).toBe("kept for 10.91.7.10 10.91.7.21\n");
    expect(() => commandScript(place, "grow")).toThrow(/store has no command grow/);
  });
});
