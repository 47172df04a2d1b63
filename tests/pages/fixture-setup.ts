import { type Message, message } from "#app/domain/message/message.ts";
import type { SetupState, SetupStepView } from "#app/domain/setup.ts";
import type { ImageView } from "#app/services/hosts/image-view.ts";
import { minutes, now } from "./fixture-things.ts";

export const images: readonly ImageView[] = [
  {
    name: "kubernetes-1.35.4",
    kind: "node",
    contentHash: "3f9a".repeat(16),
    kubernetesVersion: "1.35.4",
    sizeBytes: 1.44 * 1024 ** 3,
    builtAt: new Date(minutes(2000)).toISOString(),
    packages: [
      { name: "containerd", version: "1.6.20~ds1-1+deb12u1" },
      { name: "linux-image-cloud-amd64", version: "6.1.170-1" },
    ],
    components: { kubernetes: "1.35.4", etcd: "3.6.5", coredns: "1.13.1", flannel: "0.27.4" },
    containerImages: [],
    parts: [
      {
        part: "etcd",
        version: "3.6.6",
        from: "release",
        url: "https://github.com/etcd-io/etcd/releases/download/v3.6.6/etcd-v3.6.6-linux-amd64.tar.gz",
        checksum: `sha256:${"887afaa4".repeat(8)}`,
        checksumSource: "https://github.com/kubernetes-sigs/kubespray",
      },
      {
        part: "kubernetes",
        version: "1.35.4",
        from: "source",
        reason: message("release-silent", {
          ...{ part: "kubernetes", version: "1.35.4", seconds: 3 },
          url: "https://dl.k8s.io/v1.35.4/kubernetes-server-linux-amd64.tar.gz",
        }),
      },
      { part: "guest", version: "1", from: "source", reason: null },
    ],
  },
  {
    name: "tiny-guest",
    kind: "tiny",
    contentHash: "77b0".repeat(16),
    kubernetesVersion: null,
    sizeBytes: 14 * 1024 ** 2,
    builtAt: new Date(minutes(2100)).toISOString(),
    packages: [],
    components: {},
    containerImages: [],
    parts: [],
  },
];

const step = (
  id: SetupStepView["id"],
  state: SetupStepView["step"],
  estimateSeconds: number,
  tail: readonly string[] = [],
): SetupStepView => ({ id, step: state, estimateSeconds, tail });
const done = (outcome: readonly Message[], from: number, seconds: number) => ({
  state: "done" as const,
  startedAt: minutes(from),
  endedAt: minutes(from) + seconds * 1000,
  outcome,
});

export const setupDone: SetupState = {
  updatedAt: minutes(1),
  steps: [
    step("packages", done([message("packages-installed", { count: 14 })], 40, 61), 90),
    step("portal", done([message("pages-built")], 39, 74), 100),
    step("hypervisor", done([message("own-libvirt", { version: "9.0.0", qemu: "7.2.17" }), message("nothing-runs")], 37, 4), 10),
    step("accelerator", done([message("runs-emulated"), message("no-virtualisation")], 36, 2), 20),
    step("engine", done([message("engine-built")], 36, 902), 900),
    step("image", done([message("image-built")], 20, 880), 900),
  ],
  hypervisor: { mode: "private", uri: "qemu:///system", reasons: [message("nothing-runs")] },
  accelerator: { accelerator: "tcg", reasons: [message("no-virtualisation")], chosenBy: "probe" },
};

export const setupUnderWay: SetupState = {
  updatedAt: now,
  steps: [
    step("packages", done([message("packages-installed", { count: 14 })], 8, 61), 90),
    step("portal", done([message("pages-built")], 7, 74), 100),
    step(
      "hypervisor",
      {
        state: "failed",
        startedAt: minutes(5),
        endedAt: minutes(4),
        reasons: [message("starting-program", { program: "libvirtd" }), message("program-missing", { program: "libvirtd" })],
        fix: message("run-command", { command: "apt-get install libvirt-daemon-system" }),
      },
      10,
      ["E: Unable to locate package", "libvirtd: command not found"],
    ),
    step("accelerator", { state: "waiting" }, 20),
    step("engine", { state: "running", startedAt: minutes(4) }, 900, [
      "compiling the command line (1 of 3)",
      "go: downloading modules",
      "internal/abi",
      "runtime",
    ]),
    step("image", { state: "waiting" }, 900),
  ],
  hypervisor: null,
  accelerator: null,
};
