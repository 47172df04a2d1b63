import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseOwner } from "#app/adapters/libvirt/parse.ts";
import { exampleOfSchema1 } from "#app/domain/cluster/example-schema-1.ts";
import { exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { readSpec } from "#app/domain/cluster/schema-1.ts";
import { addressOf, type ClusterSpec, controlPlaneOf, type MachineSpec, workersOf } from "#app/domain/cluster/spec.ts";
import { renderBundle, unpackBundle } from "./bundle.ts";
import { renderSeed } from "./cloud-init.ts";
import { renderDomainTransform, renderNetworkTransform } from "./domain-xml.ts";
import { renderFlannel } from "./flannel.ts";
import { renderInitConfig, renderJoinConfig, renderPatches } from "./kubeadm.ts";
import { renderPki } from "./pki.ts";
import { renewScript } from "./certificate-scripts.ts";
import * as scripts from "./scripts.ts";
import { renderTokenSecret, tokenId } from "./token.ts";

const spec = exampleSpec({ workers: 1 });
const kvm: ClusterSpec = { ...spec, profile: "accelerated" };
const alone = exampleSpec({ workers: 0 });
/** As versions before node pools stored it. */
const former = exampleOfSchema1();
const secrets = exampleSecrets(spec);
const firstWorker = (of: ClusterSpec): MachineSpec => workersOf(of)[0] ?? expect.fail("no worker");
const worker = firstWorker(spec);
const files = {
  kernel: "/images/x/vmlinuz",
  initrd: "/images/x/initrd.img",
  consoleFile: "/consoles/a-serial.log",
  poolFolder: "/pools/b7-demo",
  tscKhz: 2_596_000,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-render-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const parts = (documents: string): readonly Record<string, unknown>[] =>
  documents.split("---\n").map((d) => JSON.parse(d) as Record<string, unknown>);

describe("the seed disk", () => {
  it("says who the machine is", () => {
    expect(renderSeed(spec, worker, "PRIVATE HOST KEY\n")).toMatchSnapshot();
  });

  it("is read by any YAML reader, whatever a key's comment holds", () => {
    const comment = "a\u0000b\u007fc\u0080d\u001be\ud800f\ufeffg\uffff 서울 🦀";
    const line = `ssh-ed25519 AAAA ${comment}`;
    const seed = renderSeed({ ...spec, authorizedKeys: [line] }, worker, "k");
    // The characters that YAML 1.2 (5.1) takes.
    for (const document of Object.values(seed))
      expect(document).toMatch(/^[\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u);
    expect(JSON.parse(seed["user-data"].replace("#cloud-config\n", ""))).toMatchObject({
      users: [{ ssh_authorized_keys: [spec.portalKey, line.toWellFormed()] }],
    });
  });

  it("does not change when workers come or go", () => {
    expect(renderSeed(exampleSpec({ workers: 5 }), worker, "k")).toEqual(renderSeed(spec, worker, "k"));
  });
});

describe("the libvirt machine", () => {
  // As the provider writes it before the transform, in what matters here.
  const provider = `<domain type="qemu"><name>a</name><memory unit="MiB">2048</memory><vcpu>2</vcpu><os><type>hvm</type></os><features><pae/><acpi/><apic/></features><cpu mode="maximum"/><devices><disk type="volume" device="disk"><driver name="qemu" type="qcow2"/><source pool="b7-demo" volume="a.qcow2"/><target dev="vda" bus="virtio"/></disk><disk type="volume" device="disk"><source pool="b7-demo" volume="a-seed.iso"/><target dev="vdb" bus="virtio"/></disk><console type="pty"><target type="serial" port="0"/></console><graphics type="spice"/><channel type="unix"/></devices></domain>`;
  const transformed = (of: ClusterSpec, machine = worker): string => {
    const [sheet, xml] = [join(folder, "sheet.xsl"), join(folder, "domain.xml")];
    writeFileSync(sheet, renderDomainTransform(of, machine, files));
    writeFileSync(xml, provider);
    return execFileSync("xsltproc", [sheet, xml], { encoding: "utf8" });
  };

  it("boots the image's kernel, keeps its console, and has no needless devices", () => {
    expect(transformed(spec)).toMatchSnapshot("emulated");
    expect(transformed(kvm)).toMatchSnapshot("accelerated");
  });

  it("names its disks by file, and by pool and volume in clusters of earlier versions", () => {
    expect(transformed(spec).replace(/>\s+</g, "><")).toContain(
      '<disk type="file" device="disk"><driver name="qemu" type="qcow2"/><source file="/pools/b7-demo/a.qcow2"/>',
    );
    expect(transformed(spec)).toContain('<source file="/pools/b7-demo/a-seed.iso"/>');
    expect(transformed(spec)).not.toContain("volume");
    for (const diskSource of [undefined, "volume"] as const) {
      const earlier = readSpec({ ...former, diskSource });
      expect(transformed(earlier, firstWorker(earlier))).toContain('<source pool="b7-demo" volume="a.qcow2"/>');
      expect(transformed(earlier, firstWorker(earlier))).not.toContain('type="file"');
    }
  });

  it("keeps the transform of clusters of earlier versions to the letter: another one would replace their machines", () => {
    const { diskSource: _diskSource, ...document } = former;
    const earlier = readSpec(document);
    expect(renderDomainTransform(earlier, firstWorker(earlier), files)).toMatchSnapshot("transform of an earlier cluster");
  });

  it("trusts the time-stamp counter only when its rate is known, and only under emulation", () => {
    expect(renderDomainTransform({ ...spec }, worker, { ...files, tscKhz: null })).not.toContain("tsc");
    expect(renderDomainTransform(kvm, worker, files)).not.toContain("tsc");
  });

  it("takes paths with characters that mean something to XML", () => {
    writeFileSync(
      join(folder, "odd.xsl"),
      renderDomainTransform(spec, worker, { ...files, kernel: "/a&b/{c}", consoleFile: "/d<e/{f}", poolFolder: "/p&q/{r}'" }),
    );
    writeFileSync(join(folder, "domain.xml"), provider);
    const out = execFileSync("xsltproc", [join(folder, "odd.xsl"), join(folder, "domain.xml")], { encoding: "utf8" });
    expect(out).toContain("<kernel>/a&amp;b/{c}</kernel>");
    expect(out).toContain('file="/d&lt;e/{f}"');
    expect(out).toContain(`file="/p&amp;q/{r}'/a.qcow2"`);
  });

  it("does not depend on revision or number of workers, which would replace it", () => {
    expect(renderDomainTransform({ ...exampleSpec({ workers: 5 }), revision: 9 }, worker, files)).toBe(
      renderDomainTransform(spec, worker, files),
    );
  });
});

describe("the owner of a machine and of a network", () => {
  const through = (sheet: string, text: string): string => {
    writeFileSync(join(folder, "own.xsl"), sheet);
    writeFileSync(join(folder, "own.xml"), text);
    return execFileSync("xsltproc", [join(folder, "own.xsl"), join(folder, "own.xml")], { encoding: "utf8" });
  };

  it("is written into the definition, where it is read back", () => {
    const { tenantId, clusterId, stackName } = spec;
    const domain = through(renderDomainTransform(spec, worker, files), "<domain><name>a</name><os/></domain>");
    expect(parseOwner(domain)).toEqual({ tenantId, clusterId, stackName, machine: worker.name });
    const network = through(renderNetworkTransform(spec), "<network><name>a</name><metadata><x/></metadata></network>");
    expect(parseOwner(network)).toEqual({ tenantId, clusterId, stackName, machine: "" });
    expect(network).toContain("<name>a</name>");
  });
});

describe("kubeadm", () => {
  it("is configured for an emulated and for an accelerated cluster", () => {
    expect(parts(renderInitConfig(spec, secrets))).toMatchSnapshot("init, emulated");
    expect(parts(renderInitConfig(kvm, secrets))).toMatchSnapshot("init, accelerated");
    expect(parts(renderJoinConfig(spec, worker, "token1.secret0123456789"))).toMatchSnapshot("join");
  });

  it("leaves the probes alone where the hardware is fast", () => {
    const probes = Object.values(renderPatches(spec)).map((text) => JSON.parse(text).spec.containers[0]);
    expect(probes.map((c) => [c.name, c.livenessProbe.periodSeconds, c.readinessProbe?.periodSeconds])).toEqual([
      ["etcd", 15, 15],
      ["kube-apiserver", 15, 15],
      // kubeadm gives it none, and a patch alone would be a probe that asks nobody.
      ["kube-controller-manager", 15, undefined],
      ["kube-scheduler", 15, 15],
    ]);
    expect(renderPatches(kvm)).toEqual({});
  });

  it("keeps nothing that is unsafe for data", () => {
    for (const s of [spec, kvm]) expect(renderInitConfig(s, secrets)).not.toContain("fsync");
  });

  it("lets a lonely control plane take workloads", () => {
    expect(parts(renderInitConfig(alone, exampleSecrets(alone)))[0]).toMatchObject({ nodeRegistration: { taints: [] } });
    expect(parts(renderInitConfig(spec, secrets))[0]).not.toHaveProperty("nodeRegistration.taints");
  });

  it("makes tokens at init for the founding workers only", () => {
    const both = exampleSpec({ workers: 2 });
    const grown: ClusterSpec = { ...both, machines: both.machines.map((m) => (m.name === "w2" ? { ...m, sinceRevision: 2 } : m)) };
    const [init] = parts(renderInitConfig(grown, { ...secrets, bootstrapTokens: { w1: "aaaaaa.x" } }));
    expect(init).toMatchObject({ bootstrapTokens: [{ token: "aaaaaa.x" }] });
  });

  it("refuses to render a join without a token", () => {
    expect(() => renderInitConfig(spec, { ...secrets, bootstrapTokens: {} })).toThrow(/w1: it has no bootstrap token/);
  });
});

describe("other documents", () => {
  it("make the pod network talk to the control plane directly", () => {
    expect(JSON.parse(renderFlannel(spec))).toMatchSnapshot();
  });

  it("put a token into a Secret", () => {
    expect(JSON.parse(renderTokenSecret("abcdef.0123456789abcdef", "join of w2"))).toMatchSnapshot();
    expect(tokenId("abcdef.0123456789abcdef")).toBe("abcdef");
  });
});

const bash = (script: string, input: string) => spawnSync("bash", ["-c", script], { input, encoding: "utf8", cwd: folder });
const shells = [
  ["bash", "-c"],
  ["busybox", "sh", "-c"],
].filter(([program = ""]) => spawnSync(program, ["true"]).error === undefined);

describe("a bundle of files", () => {
  it.each(shells)("arrives as it was sent, by %s", (...shell) => {
    const [program = "", ...args] = shell;
    const line = fc.string().map((s) => s.replace(/[\r\n\0]/g, ""));
    fc.assert(
      fc.property(fc.array(fc.array(line, { minLength: 1, maxLength: 6 }), { maxLength: 4 }), (contents) => {
        const bundle = contents.map((lines, i) => ({
          path: `${folder}/in/${i}/file`,
          mode: "0600" as const,
          text: `${lines.join("\n")}\n`,
        }));
        const run = spawnSync(program, [...args, `set -eu\n${unpackBundle}unpack`], { input: renderBundle(bundle), encoding: "utf8" });
        expect(run.stderr).toBe("");
        for (const { path, text } of bundle) {
          expect(readFileSync(path, "utf8")).toBe(text.replace(/\n$/, "") === "" ? "\n" : `${text.replace(/\n$/, "")}\n`);
          expect(statSync(path).mode & 0o777).toBe(0o600);
        }
      }),
      { numRuns: 8 },
    );
  });

  it("is refused when its connection broke", () => {
    expect(bash(`set -eu\n${unpackBundle}unpack`, "garbage\n").status).toBe(1);
  });

  it("cannot be led astray by a path", () => {
    expect(() => renderBundle([{ path: "/a b", mode: "0600", text: "" }])).toThrow(/blanks and quotes/);
  });

  it("lays the authorities where kubeadm looks, keys for root only", () => {
    expect(renderPki(secrets.pki).map((f) => `${f.mode} ${f.path}`)).toMatchSnapshot();
    for (const { path, mode } of renderPki(secrets.pki)) if (path.endsWith(".key")) expect(mode).toBe("0600");
  });
});

const all = (of: ClusterSpec): Readonly<Record<string, string>> => {
  const w = firstWorker(of);
  return {
    ready: scripts.readyScript(of, controlPlaneOf(of)),
    init: scripts.initScript(of),
    cni: scripts.cniScript(of),
    token: scripts.tokenScript(of),
    join: scripts.joinScript(of),
    member: scripts.memberScript(of, w, "abcdef"),
    leave: scripts.leaveScript(of, w),
    smoke: scripts.smokeScript(of),
    certificates: renewScript(of),
    unseat: scripts.removeNodeScript(of, w),
  };
};

describe("scripts", () => {
  it("are these", () => {
    expect(all(spec)).toMatchSnapshot();
  });

  it("are shell, and stop at the first error", () => {
    for (const [name, text] of Object.entries(all(spec))) {
      expect([name, bash(`bash -n -c '${text.replace(/'/g, `'\\''`)}'`, "").stderr]).toEqual([name, ""]);
      expect(text.startsWith("set -euo pipefail\n")).toBe(true);
    }
  });

  it("hold no secret", () => {
    const text = JSON.stringify(all(spec));
    for (const token of Object.values(secrets.bootstrapTokens)) expect(text).not.toContain(token.split(".")[1]);
    expect(text).not.toContain("secret-");
  });

  it("mask what looks like a bootstrap token in kubeadm's output", () => {
    const mask = /mask\(\) \{.*\}/.exec(scripts.initScript(spec))?.[0] ?? "";
    expect(bash(`${mask}\nmask`, "Using token: abcdef.0123456789abcdef\nkube-apiserver v1.35.4\n").stdout).toBe(
      "Using token: [token]\nkube-apiserver v1.35.4\n",
    );
  });

  it("wait by their own clock and say for what they waited in vain", () => {
    const wait = /until_ok\(\) \{[\s\S]*?\n\}/.exec(scripts.smokeScript(spec))?.[0] ?? "";
    expect(bash(`${wait}\nuntil_ok 5 "truth" true`, "").status).toBe(0);
    const vain = bash(`${wait}\nuntil_ok 0 "lies" sh -c 'echo no >&2; false'`, "");
    expect([vain.status, vain.stderr]).toEqual([1, "waiting for lies: not so within 0 s\nno\n"]);
  });

  it.each([
    [20, "paused 20\n"],
    [1, "paused 5\n"],
  ])("pause as long as a check of %d s took, and no shorter than the profile says", (took, expected) => {
    const wait = /until_ok\(\) \{[\s\S]*?\n\}/.exec(scripts.initScript(spec))?.[0] ?? "";
    const stubs = `now=100 looks=0\ndate() { echo $now; }\nsleep() { echo "paused $1"; now=$(( now + $1 )); }\nlook() { now=$(( now + ${took} )); looks=$(( looks + 1 )); [ $looks = 2 ]; }`;
    expect(bash(`set -e\n${wait}\n${stubs}\nuntil_ok 300 "truth" look`, "").stdout).toBe(expected);
  });

  it("never differ between two workers but by the worker's own name and address", () => {
    const more = exampleSpec({ workers: 3 });
    const [a, b] = workersOf(more);
    if (!a || !b) return expect.fail();
    expect(scripts.leaveScript(more, a).replaceAll(a.name, b.name).replaceAll(addressOf(a), addressOf(b))).toBe(
      scripts.leaveScript(more, b),
    );
    expect(scripts.joinScript(more)).toBe(scripts.joinScript(spec));
    expect(scripts.initScript(more)).toBe(scripts.initScript(spec));
  });
});
