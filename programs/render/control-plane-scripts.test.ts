/**
 * How control planes join, leave and come back: what the machines are given, and the scripts run by a real shell with stand-ins on
 * the path.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleOfSeveral, exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { type ClusterSpec, controlPlanesOf, type MachineSpec } from "#app/domain/cluster/spec.ts";
import { renderBundle } from "./bundle.ts";
import {
  controlPlaneBackScript,
  controlPlaneTokenScript,
  joinControlPlaneScript,
  removeControlPlaneScript,
} from "./control-plane-scripts.ts";
import { renewFurtherScript } from "./certificate-scripts.ts";
import { keepalivedFiles, renderKeepalived } from "./keepalived.ts";
import { renderControlPlaneJoinConfig, renderInitConfig } from "./kubeadm.ts";
import { initScript, smokeScript } from "./scripts.ts";

const emulated = exampleSpec({ topology: exampleOfSeveral, workers: 1 });
const spec: ClusterSpec = { ...emulated, profile: "accelerated" };
const single = exampleSpec({ workers: 1 });
const machineOf = (of: ClusterSpec, at: number): MachineSpec => controlPlanesOf(of)[at] ?? expect.fail();
const [cp0, cp1] = [machineOf(spec, 0), machineOf(spec, 1)];

describe("the virtual address", () => {
  it("is held by keepalived, which asks the machine's own API server", () => {
    expect(renderKeepalived(emulated, machineOf(emulated, 1))).toMatchSnapshot("emulated");
    expect(renderKeepalived(spec, cp0)).toMatchSnapshot("accelerated");
  });

  it("does not change on a machine when control planes are added", () => {
    const one = exampleSpec({ topology: exampleOfSeveral, controlPlanes: 1, workers: 1 });
    const five = exampleSpec({ topology: exampleOfSeveral, controlPlanes: 5, workers: 1 });
    expect(renderKeepalived(five, machineOf(five, 0))).toBe(renderKeepalived(one, machineOf(one, 0)));
    // The first one holds it first, and no two are equal.
    expect(controlPlanesOf(five).map((m) => /priority (\d+)/.exec(renderKeepalived(five, m))?.[1])).toEqual([
      "150",
      "140",
      "130",
      "120",
      "110",
    ]);
  });

  it("is not there in a cluster with one control plane", () => {
    expect(keepalivedFiles(single, machineOf(single, 0))).toEqual([]);
    expect(initScript(single)).not.toContain("keepalived");
    expect(initScript(spec)).toContain("systemctl restart keepalived");
  });
});

describe("kubeadm's configuration", () => {
  const parts = (documents: string) => documents.split("---\n").map((d) => JSON.parse(d) as Record<string, unknown>);

  it("names the shared address, and lets the components of several control planes elect", () => {
    const [, cluster] = parts(renderInitConfig(emulated, exampleSecrets(emulated)));
    expect(cluster).toMatchObject({
      controlPlaneEndpoint: "10.91.7.9:6443",
      apiServer: { certSANs: expect.arrayContaining(["10.91.7.9", "10.91.7.10"]) as string[] },
    });
    expect(cluster).toMatchObject({
      scheduler: {
        extraArgs: [
          { name: "leader-elect-lease-duration", value: "45s" },
          { name: "leader-elect-renew-deadline", value: "30s" },
          { name: "leader-elect-retry-period", value: "6s" },
        ],
      },
    });
    const [, alone] = parts(renderInitConfig(single, exampleSecrets(single)));
    expect(alone).toMatchObject({
      controlPlaneEndpoint: "10.91.7.10:6443",
      scheduler: { extraArgs: [{ name: "leader-elect", value: "false" }] },
    });
  });

  it("of a further control plane", () => {
    expect(parts(renderControlPlaneJoinConfig(emulated, machineOf(emulated, 2), "abcdef.0123456789abcdef"))).toMatchSnapshot("join");
  });

  it("lets control planes take workloads where there are no workers", () => {
    const none = exampleSpec({ topology: exampleOfSeveral, workers: 0 });
    expect(parts(renderControlPlaneJoinConfig(none, machineOf(none, 1), "t"))[0]).toMatchObject({ nodeRegistration: { taints: [] } });
    expect(smokeScript(none).match(/taint node cp\d \S+NoSchedule-/g)).toHaveLength(3);
    expect(smokeScript(spec).match(/taint node cp\d \S+NoSchedule --overwrite/g)).toHaveLength(3);
  });
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-control-plane-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the script on a machine whose folders are below a temporary one. Each stand-in notes how it was called. */
function run(script: string, programs: Record<string, string>, input = "") {
  const usual = {
    hostname: "echo cp1",
    flock: "",
    systemctl: "",
    sleep: "",
    keepalived: "",
    kubectl: 'case "$*" in *readyz*) echo ok;; esac',
    kubeadm: "",
    etcdctl: "",
  };
  for (const [name, body] of Object.entries({ ...usual, ...programs })) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >> ${folder}/calls\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  writeFileSync(join(folder, "calls"), "");
  const own = script.replaceAll("/var/lib/", `${folder}/lib/`).replaceAll("/etc/kubernetes", `${folder}/kubernetes`);
  const { status, stdout, stderr } = spawnSync("/bin/bash", ["-c", own], {
    encoding: "utf8",
    input,
    env: { NODE_ENV: "test", PATH: `${folder}:/usr/bin:/bin` },
  });
  const calls = readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
  return {
    status,
    stdout: stdout.trim(),
    stderr: stderr.trim(),
    calls,
    of: (program: string) => calls.filter((c) => c.startsWith(`${program} `)).map((c) => c.slice(program.length + 1)),
  };
}

const state = (name: string): string => join(folder, "lib/berth", name);
const put = (path: string, text = ""): void => {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
};
const bundle = (): string =>
  renderBundle([
    { path: `${folder}/kubernetes/pki/etcd/ca.key`, mode: "0600", text: "key\n" },
    { path: state("join.yaml"), mode: "0600", text: "{}\n" },
  ]);
const certificate = (): string => join(folder, "kubernetes/pki/etcd/healthcheck-client.crt");

/** As etcdctl lists them: cp1 was added and never started. */
const members = `case "$*" in *"member list"*) echo "8e9e05c52164694d, started, cp0, https://10.91.7.10:2380, https://10.91.7.10:2379, false"; [ -e ${"$"}{0%/*}/dropped ] || echo "ab12, unstarted, , https://10.91.7.11:2380, , true";; *"member remove"*) touch ${"$"}{0%/*}/dropped;; esac`;

describe("a control plane that joins", () => {
  const script = joinControlPlaneScript(spec, cp1, "abcdef");
  const joins = (calls: readonly string[]) => calls.filter((c) => c.startsWith("join ")).map((c) => c.replace(/^.*--skip-phases=/, ""));

  it("joins with the keys that it was given, and clears its token away", () => {
    const { status, stdout, of } = run(script, {}, bundle());
    expect([status, stdout]).toEqual([0, "joined"]);
    expect(joins(of("kubeadm"))).toEqual(["preflight,check-etcd"]);
    expect(readFileSync(join(folder, "kubernetes/pki/etcd/ca.key"), "utf8")).toBe("key\n");
    expect(of("kubectl")).toContain("-n kube-system delete secret bootstrap-token-abcdef --ignore-not-found");
    expect(of("systemctl")).toContain("restart keepalived");
    expect(["initialised", "join.yaml", "join.bundle", "join-begun"].map((file) => existsSync(state(file)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it("does nothing where it is a member already, as the one that was initialised", () => {
    put(state("initialised"));
    const { status, stdout, of } = run(script, {}, bundle());
    expect([status, stdout, of("kubeadm")]).toEqual([0, "this machine is a control plane already", []]);
  });

  it("first takes out what a run left that was cut off: its etcd member, its Node, its files", () => {
    put(state("join-begun"));
    put(certificate());
    put(join(folder, "kubernetes/admin.conf"));
    put(join(folder, "lib/etcd/member/snap"));
    const { status, calls, of } = run(script, { etcdctl: members }, bundle());
    expect(status).toBe(0);
    const order = calls
      .filter((c) => /member remove|delete node|kubeadm/.test(c))
      .map((c) => /member remove ab12|delete node cp1|kubeadm (reset|join)/.exec(c)?.[0]);
    expect(order).toEqual(["member remove ab12", "delete node cp1", "kubeadm reset", "kubeadm join"]);
    expect(of("etcdctl")[0]).toContain("--endpoints=https://10.91.7.10:2379");
    expect(existsSync(join(folder, "lib/etcd"))).toBe(false);
  });

  it("continues an attempt that came as far as etcd, and otherwise begins again with the keys in place", () => {
    const kubeadm = `n=$(grep -c "^kubeadm join" ${"$"}{0%/*}/calls)
case "$1" in join) mkdir -p ${"$"}{0%/*}/kubernetes/manifests; touch ${"$"}{0%/*}/kubernetes/manifests/etcd.yaml ${"$"}{0%/*}/kubernetes/pki/etcd/healthcheck-client.crt; [ "$n" -gt 2 ] || exit 1;; reset) rm -rf ${"$"}{0%/*}/kubernetes/pki ${"$"}{0%/*}/kubernetes/manifests;; esac`;
    const { status, stdout, of } = run(script, { kubeadm, etcdctl: members }, bundle());
    expect([status, stdout.split("\n")]).toEqual([0, ["continuing the join", "joining again", "joined"]]);
    expect(joins(of("kubeadm"))).toEqual([
      "preflight,check-etcd",
      "preflight,check-etcd,control-plane-prepare,kubelet-start",
      "preflight,check-etcd",
    ]);
    expect(of("etcdctl").filter((c) => c.includes("member remove"))).toHaveLength(1);
    expect(existsSync(join(folder, "kubernetes/pki/etcd/ca.key"))).toBe(true);
  });

  it("does not reset a machine whose etcd member nobody takes out", () => {
    put(state("join-begun"));
    put(certificate());
    const { status, stderr, of } = run(script, { etcdctl: "exit 1" }, bundle());
    expect([status, of("kubeadm")]).toEqual([1, []]);
    expect(stderr).toContain("no etcd of another control plane answers: the member of cp1 is not taken out");
    expect([...new Set(of("etcdctl").map((c) => /https:\/\/[\d.]+/.exec(c)?.[0]))]).toEqual(["https://10.91.7.10", "https://10.91.7.12"]);
  });

  it("says that an image is too old for it", () => {
    const withoutKeepalived = script.replace("command -v keepalived", "command -v no-such-program");
    expect(run(withoutKeepalived, {}, bundle())).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("this machine's image has no keepalived") as string,
    });
  });

  it("refuses a machine of another name", () => {
    expect(run(script, { hostname: "echo cp9" }, bundle()).status).toBe(1);
  });
});

describe("a control plane that leaves", () => {
  const script = removeControlPlaneScript(spec, cp1);

  it("loses its etcd member before its Node", () => {
    put(state("initialised"));
    const { status, calls } = run(script, { etcdctl: members });
    expect([status, calls.filter((c) => /remove|delete/.test(c)).map((c) => /member remove ab12|delete node cp1/.exec(c)?.[0])]).toEqual([
      0,
      ["member remove ab12", "delete node cp1"],
    ]);
    expect(calls[0]).toContain("--endpoints=https://127.0.0.1:2379");
  });

  it("may have lost it already", () => {
    put(state("initialised"));
    put(join(folder, "dropped"));
    const { status, of } = run(script, { etcdctl: members });
    expect([status, of("etcdctl").length, of("kubectl")]).toEqual([0, 1, ["delete node cp1 --ignore-not-found"]]);
  });

  it("keeps its Node while etcd does not answer", () => {
    put(state("initialised"));
    const { status, stderr, of } = run(script, { etcdctl: "exit 1" });
    expect([status, of("kubectl")]).toEqual([1, []]);
    expect(stderr).toContain("etcd does not take the member of cp1 out");
  });

  it("leaves nothing behind where there is no cluster yet", () => {
    expect(run(script, {})).toMatchObject({ status: 0, stdout: "there is no cluster to remove control plane cp1 from", calls: [""] });
  });
});

describe("a control plane that is back", () => {
  const back = controlPlaneBackScript(spec, cp1);
  const reachable = (...addresses: readonly string[]) =>
    `case "$*" in ${addresses.map((a) => `*/${a}/*`).join("|") || "none"}) exit 0;; *) exit 1;; esac`;

  it("is waited for by its own address, when enough others are there", () => {
    put(state("initialised"));
    const { status, stdout, of } = run(back, { bash: reachable("10.91.7.10") });
    expect([status, stdout]).toEqual([0, "the API server of cp1 answers"]);
    expect(of("kubectl")).toEqual(["--server=https://10.91.7.11:6443 get --raw /readyz"]);
  });

  it("is not waited for while the others are down: they come next", () => {
    put(state("initialised"));
    const { status, stdout, of } = run(back, { bash: reachable() });
    expect([status, stdout, of("kubectl")]).toEqual([0, "only 1 of 3 control planes are there: the others come next", []]);
  });

  it("is not waited for where it has to join again", () => {
    expect(run(back, {})).toMatchObject({ status: 0, stdout: "cp1 is not a control plane yet" });
  });

  it("is waited for in a cluster with one", () => {
    const one = { ...exampleSpec({ topology: exampleOfSeveral, controlPlanes: 1 }), profile: "accelerated" } as const;
    put(state("initialised"));
    expect(run(controlPlaneBackScript(one, machineOf(one, 0)), {}).stdout).toBe("the API server of cp0 answers");
  });
});

describe("a join token", () => {
  const script = controlPlaneTokenScript(spec, cp0);

  it("is made for a node that is not a member, and for no other", () => {
    expect(run(script, {}, "manifest").of("kubectl").at(-1)).toContain("apply --validate=false -f");
    const member = run(script, { kubectl: 'case "$*" in *readyz*) echo ok;; *"get node"*) echo node/cp0;; esac' }, "manifest");
    expect([member.stdout, member.of("kubectl").some((c) => c.startsWith("apply"))]).toEqual(["cp0 is a member already", false]);
  });
});

it("new certificates are not made on a control plane that has just joined", () => {
  put(state("initialised"));
  expect(run(renewFurtherScript(spec), {})).toMatchObject({
    status: 0,
    stdout: "this control plane has just joined: its certificates are new",
    calls: [""],
  });
});
