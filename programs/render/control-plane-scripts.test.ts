/**
 * How control planes join, leave and come back: what the machines are given, and the scripts run by a real shell with stand-ins on
 * the path.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
import { renderControlPlaneJoinConfig, renderEtcdConfig, renderInitConfig } from "./kubeadm.ts";
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
    { path: state("etcd-join.yaml"), mode: "0644", text: renderEtcdConfig(spec, cp1) },
  ]);
const certificate = (): string => join(folder, "kubernetes/pki/etcd/healthcheck-client.crt");
const manifestNames = (at: string): readonly string[] => (existsSync(at) ? readdirSync(at).toSorted() : []);

/** As etcdctl lists them: cp1 was added and never started. */
const members = `case "$*" in *"member list"*) echo "8e9e05c52164694d, started, cp0, https://10.91.7.10:2380, https://10.91.7.10:2379, false"; [ -e ${"$"}{0%/*}/dropped ] || echo "ab12, unstarted, , https://10.91.7.11:2380, , true";; *"member remove"*) touch ${"$"}{0%/*}/dropped;; esac`;

/** An etcd that knows cp0, and cp1 as far as it came; `steps` are files that say how far. */
const etcd = (over: Readonly<Record<string, string>> = {}): string => `here=${"$"}{0%/*}
case "$*" in
  *"member list"*)
    echo "8e9e05c52164694d, started, cp0, https://10.91.7.10:2380, https://10.91.7.10:2379, false"
    if [ -e $here/votes ]; then echo "ab12, started, cp1, https://10.91.7.11:2380, https://10.91.7.11:2379, false"
    elif [ -e $here/kubernetes/manifests/etcd.yaml ]; then echo "ab12, started, cp1, https://10.91.7.11:2380, https://10.91.7.11:2379, true"
    elif [ -e $here/added ]; then echo "ab12, unstarted, , https://10.91.7.11:2380, , true"; fi ;;
  *"member add"*) touch $here/added; ${over["add"] ?? ":"} ;;
  *"member promote ab12"*) ${over["promote"] ?? "touch $here/votes"} ;;
  *"member remove"*) rm -f $here/added $here/votes ;;
esac`;

/** kubeadm's phases as files: what it was asked for, and what it found in the folder of manifests. */
const kubeadm = (over: Readonly<Record<string, string>> = {}): string => `here=${"$"}{0%/*}
manifests=$here/kubernetes/manifests
case "$*" in
  reset*) rm -rf $here/kubernetes; exit 0 ;;
  "init phase etcd local"*) cp "$6" $here/etcd-config; touch $manifests/etcd.yaml; exit 0 ;;
esac
skipped=",${"$"}{4#--skip-phases=},"
case "$skipped" in
  *,control-plane-prepare,*) ;;
  *) mkdir -p $manifests; touch ${certificate().replace(folder, "$here")} $here/kubernetes/admin.conf; for c in apiserver controller-manager scheduler; do touch $manifests/kube-$c.yaml; done ;;
esac
case "$skipped" in *,kubelet-start,*) ;; *) echo "kubelet: $(ls $manifests | xargs)" >> $here/seen; ${over["kubelet"] ?? ":"} ;; esac
case "$skipped" in *,wait-control-plane,*) ;; *) echo "complete: $(ls $manifests | xargs)" >> $here/seen; ${over["complete"] ?? ":"} ;; esac`;
const open = { bash: "exit 0" };

describe("a control plane that joins", () => {
  const script = joinControlPlaneScript(spec, cp1, "abcdef");
  const seen = (): readonly string[] => readFileSync(join(folder, "seen"), "utf8").trim().split("\n");
  const joining = (over: Parameters<typeof etcd>[0] = {}) => ({ ...open, etcdctl: etcd(over), kubeadm: kubeadm(over) });

  it("joins with the keys that it was given, and clears its token away", () => {
    const { status, stdout, of } = run(script, joining(), bundle());
    expect([status, stdout.split("\n")]).toEqual([0, ["the etcd of cp1 is a voting member", "joined"]]);
    expect(readFileSync(join(folder, "kubernetes/pki/etcd/ca.key"), "utf8")).toBe("key\n");
    expect(of("kubectl")).toContain("-n kube-system delete secret bootstrap-token-abcdef --ignore-not-found");
    expect(of("systemctl")).toContain("restart keepalived");
    expect(manifestNames(state("..")).filter((f) => f !== "berth")).toEqual([]);
    expect(manifestNames(state(""))).toEqual(["initialised", "lock"]);
  });

  it("runs every phase of kubeadm's join once, besides its checks before and its etcd", () => {
    const { of } = run(script, joining(), bundle());
    const all = new Set(["control-plane-prepare", "kubelet-start", "kubelet-wait-bootstrap", "control-plane-join", "wait-control-plane"]);
    const never = ["preflight", "check-etcd", "etcd-join"];
    const skipped = of("kubeadm").flatMap((c) => /--skip-phases=(\S+)/.exec(c)?.[1]?.split(",") ?? []);
    const times = (phase: string): number => 3 - skipped.filter((s) => s === phase).length;
    expect([...all].map(times)).toEqual([1, 1, 1, 1, 1]);
    expect(never.map(times)).toEqual([0, 0, 0]);
  });

  it("starts Kubernetes' own components when etcd has its new voting member, and not before", () => {
    expect(run(script, joining(), bundle()).status).toBe(0);
    expect(seen()).toEqual(["kubelet: ", "complete: etcd.yaml kube-apiserver.yaml kube-controller-manager.yaml kube-scheduler.yaml"]);
    const config = JSON.parse(readFileSync(join(folder, "etcd-config"), "utf8").split("---\n")[1] ?? "") as object;
    expect(config).toMatchObject({
      etcd: {
        local: {
          extraArgs: expect.arrayContaining([
            { name: "initial-cluster", value: "cp0=https://10.91.7.10:2380,cp1=https://10.91.7.11:2380" },
            { name: "initial-cluster-state", value: "existing" },
          ]) as object[],
        },
      },
    });
  });

  it("is one voting member where etcd does what it is asked and answers too late", () => {
    const late = { add: "exit 1", promote: `n=$(grep -c "member promote" $here/calls); [ "$n" -lt 3 ] || touch $here/votes; exit 1` };
    const { status, of } = run(script, joining(late), bundle());
    expect(status).toBe(0);
    const asked = of("etcdctl").flatMap((c) => /member (add|promote|remove)/.exec(c)?.[1] ?? []);
    // Another control plane is asked as well when the first gave no answer.
    expect(asked).toEqual(["add", "add", "promote", "promote", "promote", "promote"]);
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
    put(join(folder, "added"));
    put(join(folder, "lib/etcd/member/snap"));
    const { status, calls, of } = run(script, joining(), bundle());
    expect(status).toBe(0);
    const order = calls
      .filter((c) => /member remove|delete node|kubeadm/.test(c))
      .map((c) => /member remove ab12|delete node cp1|kubeadm (reset|join)/.exec(c)?.[0]);
    expect(order.slice(0, 4)).toEqual(["member remove ab12", "delete node cp1", "kubeadm reset", "kubeadm join"]);
    expect(of("etcdctl")[0]).toContain("--endpoints=https://10.91.7.10:2379");
    expect(existsSync(join(folder, "lib/etcd"))).toBe(false);
  });

  it("tries the last part again, and otherwise begins again with the keys in place", () => {
    const complete = `[ "$(grep -c ^complete $here/seen)" -gt 2 ] || exit 1`;
    const { status, stdout, of } = run(script, joining({ complete }), bundle());
    const votes = "the etcd of cp1 is a voting member";
    expect([status, stdout.split("\n")]).toEqual([0, [votes, "trying again: complete", "joining again", votes, "joined"]]);
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
