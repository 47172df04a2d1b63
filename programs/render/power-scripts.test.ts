/** The scripts around saving and waking, run by real shells with stand-ins for virsh and kubectl on the path. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { awakeScript, clockScript, saveScript, wakeScript } from "./power-scripts.ts";

const spec = { ...exampleSpec({ workers: 1 }), profile: "accelerated" } as const;
const [first, second] = spec.machines.map((m) => m.libvirtName) as [string, string];
const uri = "qemu:///system";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-power-"));
  mkdirSync(join(folder, "state"));
  mkdirSync(join(folder, "image"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A libvirt in files: the state of each machine, and whether its memory is saved. `odd`: what it does otherwise. */
const virsh = (odd = ""): string => `#!/bin/sh
shift 3
echo "$*" >> ${folder}/calls
${odd}
state=${folder}/state image=${folder}/image
case "$1" in
  list) for one in $(ls $state); do case "$*" in *managed-save*) [ -e $image/$one ] || continue;; esac; echo $one; done;;
  metadata) case "$2" in *foreign*) echo '<owner cluster="another"/>';; *) echo '<owner cluster="${spec.clusterId}"/>';; esac;;
  domstate) cat $state/$2;;
  suspend) echo paused > $state/$2;;
  resume) echo running > $state/$2;;
  managedsave) echo "shut off" > $state/$2; touch $image/$2;;
  managedsave-remove) rm $image/$2;;
  managedsave-dumpxml) ;;
  start) rm -f $image/$2; case "$*" in *--paused*) echo paused;; *) echo running;; esac > $state/$2;;
  net-list) echo ${spec.networks[0]?.name};;
  dominfo) echo "Max memory:     2097152 KiB";;
esac
`;

function put(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), 0o755);
}

const env = () => ({ NODE_ENV: "test" as const, PATH: `${folder}:/usr/bin:/bin` });

function machines(states: Readonly<Record<string, string>>, saved: readonly string[] = []): void {
  for (const [name, state] of Object.entries(states)) writeFileSync(join(folder, "state", name), `${state}\n`);
  for (const name of saved) writeFileSync(join(folder, "image", name), "");
}

function run(script: string, odd = "") {
  put("virsh", virsh(odd));
  writeFileSync(join(folder, "calls"), "");
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8", env: env() });
  return { status, said: stdout.trim().split("\n"), stderr: stderr.trim(), ...found() };
}

const calls = () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
const found = () => ({
  calls: calls().filter((call) => /^(suspend|resume|start|managedsave|autostart|domjobabort|net-start)/.test(call)),
  states: Object.fromEntries(
    readdirSync(join(folder, "state")).map((name) => [name, readFileSync(join(folder, "state", name), "utf8").trim()]),
  ),
  saved: readdirSync(join(folder, "image")),
});

const save = (odd?: string) => run(saveScript(spec, uri), odd);
const wake = (odd?: string) => run(wakeScript(spec, uri), odd);
const on = (one: string, other = one) => ({ [first]: one, [second]: other });

describe("saving", () => {
  it("pauses every machine before the first is saved, as one that is to run, and none starts with the host", () => {
    machines(on("running"));
    const done = save();
    expect(done).toMatchObject({ status: 0, states: on("shut off"), saved: [first, second] });
    expect(done.calls).toEqual([
      `suspend ${first}`,
      `suspend ${second}`,
      `autostart --disable ${first}`,
      `managedsave ${first} --running`,
      `autostart --disable ${second}`,
      `managedsave ${second} --running`,
    ]);
    expect(done.said.at(-1)).toBe("4096 MiB of memory are returned to the host");
  });

  it("continues where an earlier attempt was cut off, and changes nothing when it runs again", () => {
    machines(on("shut off", "paused"), [first]);
    expect(save().calls.filter((call) => !call.startsWith("autostart"))).toEqual([`managedsave ${second} --running`]);
    const again = save();
    expect(again).toMatchObject({ status: 0, saved: [first, second] });
    expect(again.calls.filter((call) => !call.startsWith("autostart"))).toEqual([]);
    expect(again.said).toContain(`${first} is saved already`);
  });

  it("leaves alone what another cluster has, whatever it is called", () => {
    machines({ ...on("running"), [`${spec.prefix}-foreign`]: "running", other: "running" });
    expect(save().states).toEqual({ ...on("shut off"), [`${spec.prefix}-foreign`]: "running", other: "running" });
  });

  it("a machine that is off has no memory to save", () => {
    machines(on("running", "shut off"));
    const done = save();
    expect(done).toMatchObject({ status: 0, saved: [first] });
    expect(done.said).toContain(`${second} is off: there is no memory to save, and it boots when the cluster is woken`);
  });

  it("that fails leaves all machines running: the saved ones are started, the paused ones run on", () => {
    machines(on("running"));
    const done = save(`case "$*" in "managedsave ${second}"*) echo "no space left on device" >&2; exit 1;; esac`);
    expect(done).toMatchObject({ status: 1, states: on("running"), saved: [] });
    expect(done.stderr).toContain("no space left on device");
    expect(done.calls.slice(-2)).toEqual([`resume ${second}`, `autostart ${second}`]);
  });

  it("that is cancelled leaves all machines running", async () => {
    machines(on("running"));
    put("virsh", virsh(`case "$1 $2" in "managedsave ${first}") sleep 20; exit 1;; esac`));
    writeFileSync(join(folder, "calls"), "");
    const child = spawn("/bin/sh", ["-c", saveScript(spec, uri)], { env: env(), stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    while (!calls().some((call) => call.startsWith("managedsave"))) await sleep(20);
    child.kill("SIGTERM");
    expect(await ended).toBe(143);
    expect(found().states).toEqual(on("running"));
    expect(found().calls).toContain(`domjobabort ${first}`);
  });

  it.each(["crashed", "in shutdown"])("does not begin with a machine that is %s", (state) => {
    machines(on("running", state));
    expect(save()).toMatchObject({ status: 1, saved: [], states: on("running", state) });
  });

  it("does not take the silence of libvirt for a host without machines", () => {
    machines(on("running"));
    expect(save("exit 1")).toMatchObject({ status: 1, stderr: expect.stringContaining("libvirt does not answer") as string });
  });
});

describe("waking", () => {
  it("restores every machine paused before the first runs on, and lets them start with the host again", () => {
    machines(on("shut off"), [first, second]);
    const done = wake();
    expect(done).toMatchObject({ status: 0, states: on("running"), saved: [] });
    expect(done.calls.filter((call) => !call.startsWith("managedsave-dumpxml"))).toEqual([
      `start ${first} --paused`,
      `start ${second} --paused`,
      `resume ${first}`,
      `autostart ${first}`,
      `resume ${second}`,
      `autostart ${second}`,
    ]);
  });

  it("continues where an earlier attempt was cut off, and touches no machine that runs", () => {
    machines(on("running", "paused"));
    expect(wake().calls).toEqual([`autostart ${first}`, `resume ${second}`, `autostart ${second}`]);
    expect(wake()).toMatchObject({ status: 0, states: on("running") });
  });

  it("discards memory that cannot be restored, boots the machine from its disk, and reports it", () => {
    machines(on("shut off"), [first, second]);
    const done = wake(
      `case "$*" in "start ${second}"*) [ ! -e ${folder}/image/${second} ] || { echo "error: load of migration failed" >&2; exit 1; };; esac`,
    );
    expect(done).toMatchObject({ status: 0, states: on("running"), saved: [] });
    expect(done.said.join("\n")).toMatch(
      new RegExp(
        `saved memory of ${second} cannot be restored and is discarded: .*load of migration failed\n${second} boots from its disk`,
      ),
    );
    expect(done.calls).toContain(`managedsave-remove ${second}`);
  });

  it("reports memory that libvirt itself throws away because its file is not whole", () => {
    machines(on("shut off"), [first, second]);
    const done = wake(`case "$1 $2" in "managedsave-dumpxml ${second}") exit 1;; esac`);
    expect(done.status).toBe(0);
    expect(done.said).toContain(
      `the saved memory of ${second} is not whole and is discarded: the machine boots from its disk, which is whole`,
    );
  });

  it.each(["cannot set up guest memory 'pc.ram': Cannot allocate memory", "network 'b1' is not active", ""])(
    "keeps the memory when something else keeps the machine from starting: %s",
    (reason) => {
      machines(on("shut off"), [first, second]);
      const done = wake(`case "$1" in start) echo "${reason}" >&2; exit 1;; esac`);
      expect(done).toMatchObject({ status: 1, saved: [first, second] });
      expect(done.calls.some((call) => call.startsWith("managedsave-remove"))).toBe(false);
    },
  );

  it("starts the network first where the host does not have it on", () => {
    machines(on("shut off"), [first, second]);
    expect(wake(`case "$1" in net-list) exit 0;; esac`).calls[0]).toBe(`net-start ${spec.networks[0]?.name}`);
  });

  it("a machine that was off when the others were saved boots", () => {
    machines(on("shut off"), [first]);
    expect(wake()).toMatchObject({ status: 0, states: on("running") });
  });
});

describe("after waking", () => {
  const machine = spec.machines[0] ?? expect.fail();

  function inGuest(script: string, programs: Readonly<Record<string, string>>) {
    for (const [name, body] of Object.entries(programs)) put(name, `#!/bin/sh\necho "${name} $*" >> ${folder}/calls\n${body}\n`);
    writeFileSync(join(folder, "calls"), "");
    const { status, stdout, stderr } = spawnSync("/bin/bash", ["-c", script.replaceAll("/var/lib/berth", folder)], {
      encoding: "utf8",
      env: env(),
    });
    return { status, stdout, stderr, calls: calls() };
  }

  it("sets the clock of the machine by the image's own program, where the image has it", () => {
    const hostname = `echo ${machine.name}`;
    expect(inGuest(clockScript(machine), { hostname, "berth-clock": "" })).toMatchObject({
      status: 0,
      calls: ["hostname ", "berth-clock"],
    });
    rmSync(join(folder, "berth-clock"));
    expect(inGuest(clockScript(machine), { hostname })).toMatchObject({ status: 0, calls: ["hostname"] });
    expect(inGuest(clockScript(machine), { hostname: "echo another" }).status).toBe(1);
  });

  it("waits for the API, for a new lease of every node that there is, and for an answer of cluster DNS", () => {
    const kubectl = `case "$*" in
  *readyz*) echo ok;;
  *"get lease"*) [ -e ${folder}/old ] && date -u +%Y-%m-%dT%H:%M:%S.000000Z || { touch ${folder}/old; echo 2020-01-01T00:00:00.000000Z; };;
  *"get nodes -o name"*) echo node/cp0; echo node/extra;;
  *"get pod"*) echo Succeeded;;
esac`;
    const done = inGuest(awakeScript(spec), { kubectl });
    expect(done.status).toBe(0);
    expect(done.calls.filter((call) => call.includes("get lease cp0"))).toHaveLength(2);
    expect(done.calls.some((call) => call.includes("get lease extra"))).toBe(true);
    expect(done.calls.find((call) => call.startsWith("kubectl wait"))).toContain("node/cp0 node/extra");
    expect(existsSync(join(folder, "smoke.json"))).toBe(true);
  });

  it("is the same text whatever the spec says of machines and pools, so that a change of a woken cluster does not wake it again", () => {
    const grown = { ...exampleSpec({ workers: 3 }), profile: "accelerated" } as const;
    expect(awakeScript(grown)).toBe(awakeScript(spec));
    expect([saveScript(grown, uri), wakeScript(grown, uri)]).toEqual([saveScript(spec, uri), wakeScript(spec, uri)]);
  });
});
