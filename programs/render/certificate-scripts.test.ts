/** The renewal, run by a real shell on a folder in place of /etc/kubernetes, with stand-ins for kubeadm and kubectl. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { renewScript } from "./certificate-scripts.ts";

const spec = { ...exampleSpec(), profile: "accelerated" } as const;
const components = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
/** As kubeadm writes it; some have annotations. */
const manifest = (name: string) => `apiVersion: v1
kind: Pod
metadata:
${name === "etcd" ? "  annotations:\n    kubeadm.kubernetes.io/etcd.advertise-client-urls: https://10.91.7.10:2379\n" : ""}  labels:
    component: ${name}
    tier: control-plane
  name: ${name}
  namespace: kube-system
spec:
  containers:
  - name: ${name}
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-renew-"));
  mkdirSync(join(folder, "manifests"));
  for (const name of components) writeFileSync(file(name), manifest(name), { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string) => join(folder, "manifests", `${name}.yaml`);
const labelled = () => components.filter((name) => readFileSync(file(name), "utf8").includes("berth-certificates"));

/** Says of as many pods that they are ready as manifests have been changed. */
const honest = `n=$(grep -l berth-certificates ${"$FOLDER"}/manifests/*.yaml | wc -l); while [ "$n" -gt 0 ]; do echo True; n=$((n - 1)); done`;

function run(programs: Record<string, string> = {}) {
  for (const [name, body] of Object.entries({ kubeadm: "", kubectl: honest, ...programs })) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >> ${folder}/calls\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  writeFileSync(join(folder, "calls"), "");
  const script = renewScript(spec)
    .replaceAll("/etc/kubernetes", folder)
    .replaceAll("/var/lib/berth", folder)
    .replace(/until_ok \d+/g, "until_ok 0");
  const { status, stdout, stderr } = spawnSync("/bin/bash", ["-c", script], {
    encoding: "utf8",
    env: { NODE_ENV: "test", FOLDER: folder, PATH: `${folder}:/usr/bin:/bin` },
  });
  return { status, stdout: stdout.trim(), stderr, calls: readFileSync(join(folder, "calls"), "utf8").trim().split("\n") };
}

it("renews all certificates, and then changes every manifest in its labels alone, so that each component restarts", () => {
  const { status, stdout, calls } = run();
  expect([status, stdout]).toEqual([0, "certificates renewed"]);
  expect(calls[0]).toBe("kubeadm certs renew all");
  for (const name of components) {
    const text = readFileSync(file(name), "utf8");
    expect(text).toMatch(/^ {2}labels:\n {4}berth-certificates: "\d+"\n {4}component: /m);
    expect(text.replace(/ {4}berth-certificates: .*\n/, "")).toBe(manifest(name));
    expect(statSync(file(name)).mode & 0o777).toBe(0o600);
  }
  // Nothing else lies beside what the kubelet reads.
  expect(readdirSync(join(folder, "manifests")).sort()).toEqual(components.map((name) => `${name}.yaml`));
  expect(readdirSync(folder).filter((name) => name.startsWith("kube-"))).toEqual([]);
});

it("leaves one label when it runs again", () => {
  run();
  run();
  for (const name of components) expect(readFileSync(file(name), "utf8").match(/berth-certificates/g)).toHaveLength(1);
});

it("restarts the controller manager and the scheduler only when etcd and the API server are ready again", () => {
  const { status, stderr } = run({ kubectl: "echo False; echo True" });
  expect(status).not.toBe(0);
  expect(stderr).toContain("waiting for etcd and the API server to be ready");
  expect(labelled()).toEqual(["etcd", "kube-apiserver"]);
});

it("restarts nothing when kubeadm could not renew", () => {
  expect(run({ kubeadm: "echo 'no authority' >&2; exit 1" }).status).not.toBe(0);
  expect(labelled()).toEqual([]);
});

it("reports a manifest that is not as kubeadm writes it, and leaves it unchanged", () => {
  writeFileSync(file("etcd"), "kind: Pod\n");
  const { status, stderr } = run();
  expect([status, stderr]).toEqual([1, expect.stringContaining("the manifest of etcd has no labels")]);
  expect(readFileSync(file("etcd"), "utf8")).toBe("kind: Pod\n");
});
