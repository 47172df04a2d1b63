import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allAddOnImages } from "./add-ons/all.ts";
import { binarySets, kubernetesStamps } from "./binaries.ts";
import { goModule } from "./go-build.ts";
import { versions } from "./versions.ts";

const goMod = (module: string): string => readFileSync(join(goModule(module), "go.mod"), "utf8");

test.each([
  ["modules/kubernetes", "k8s.io/kubernetes", versions.kubernetes],
  ["modules/etcd", "go.etcd.io/etcd/server/v3", versions.etcd],
  ["modules/etcd", "go.etcd.io/etcd/etcdctl/v3", versions.etcd],
  ["modules/coredns", "github.com/coredns/coredns", versions.coredns],
  ["modules/flannel", "github.com/flannel-io/flannel", versions.flannel],
  ["modules/cni-flannel", "github.com/containernetworking/plugins", versions.flannelCni],
])("%s builds the locked version of %s", (module, dependency, version) => {
  expect(goMod(module)).toMatch(new RegExp(`^(require )?\\s*${dependency} v${version}$`, "m"));
});

test.each(allAddOnImages)("the image of $name is built from the version that it is called after", (image) => {
  const [, module] = new RegExp(`^(?:require )?\\s*(\\S+) v${image.version}$`, "m").exec(goMod(`modules/${image.name}`)) ?? [];
  expect(`${image.package}/`.startsWith(`${module}/`)).toBe(true);
});

test("every Kubernetes library has the version that belongs to the release", () => {
  const library = `v0.${versions.kubernetes.split(".").slice(1).join(".")}`;
  const replaced = [...goMod("modules/kubernetes").matchAll(/^\s*(k8s\.io\/\S+) => (\S+) (\S+)$/gm)];
  expect(replaced.length).toBeGreaterThan(25);
  for (const [, from, to, version] of replaced) expect([to, version]).toEqual([from, library]);
});

test("every module is our own and for the locked Go", () => {
  for (const module of [
    "guest",
    ...["kubernetes", "etcd", "coredns", "flannel", "cni-flannel", ...allAddOnImages.map(({ name }) => name)].map((m) => `modules/${m}`),
  ]) {
    expect(goMod(module)).toMatch(/^module berth\.invalid\//);
    expect(goMod(module)).toMatch(new RegExp(`^go ${versions.go.replace(".", "\\.")}(\\.|$)`, "m"));
  }
});

test("the etcd image is the one that kubeadm asks for", () => {
  expect(versions.etcdImageTag).toMatch(new RegExp(`^${versions.etcd}-\\d+$`));
});

test("Kubernetes reports the locked version", () => {
  expect(kubernetesStamps(versions)["k8s.io/component-base/version.gitVersion"]).toBe(`v${versions.kubernetes}`);
});

test("no two sets share a name", () => {
  expect(new Set(binarySets.map((s) => s.name)).size).toBe(binarySets.length);
});
