/** Set-up as the launcher last wrote it, and the images that are ready. */
import { existsSync } from "node:fs";
import { type SetupState, setupStepIds } from "#app/domain/setup.ts";
import type { PlannedImage, ReadyImage, SetupStatus } from "#app/ports/setup-status.ts";
import { readSetupState } from "#app/setup/state-file.ts";
import { plannedNodeImage } from "#ansible/toolchain/build.ts";
import { type Image, listImages } from "#ansible/toolchain/manifest.ts";

/** Reading the manifests is disk work: one answer serves everybody for a few seconds. */
const freshMs = 3_000;

export function setupStatusFrom({ home, cache }: Places, now: () => number): SetupStatus {
  let planned: Promise<PlannedImage> | null = null;
  let listed: { readonly at: number; readonly images: Promise<readonly ReadyImage[]> } | null = null;
  return {
    // Rejecting instead of throwing: a port's method is always a promise.
    read: async () => readSetupState(home) ?? nothingYet(now()),
    images: () => {
      if (listed === null || now() - listed.at > freshMs)
        listed = { at: now(), images: listImages({ cache }).then((all) => all.map(readyImage)) };
      return listed.images;
    },
    plannedImage: async () => {
      // The sources of a running program stay the same; only an answer that could not be had is asked for again.
      planned ??= plannedNodeImage({ cache });
      const image = await planned.catch(() => {
        planned = null;
        return null;
      });
      return image === null || existsSync(image.folder) ? null : image;
    },
  };
}

interface Places {
  readonly home: string;
  readonly cache: string;
}

/** Before the launcher wrote anything: every step waits. */
const nothingYet = (now: number): SetupState => ({
  updatedAt: now,
  steps: setupStepIds.map((id) => ({ id, step: { state: "waiting" }, estimateSeconds: 0, tail: [] })),
  hypervisor: null,
  accelerator: null,
});

function readyImage({ folder, manifest: m }: Image): ReadyImage {
  const { root, kernel, initrd } = m.files;
  const components =
    m.kind === "node" ? { etcd: m.etcd, coredns: m.coredns, flannel: m.flannel, pause: m.pause, containerd: m.containerd } : {};
  return {
    name: m.name,
    kind: m.kind,
    contentHash: m.contentHash,
    folder,
    kubernetesVersion: m.kind === "node" ? m.kubernetes : null,
    sizeBytes: root.bytes + kernel.bytes + initrd.bytes,
    builtAt: m.builtAt,
    packages: m.packages,
    containerImages: m.kind === "node" ? m.containerImages.map(({ name }) => name) : [],
    parts: m.kind === "node" ? (m.parts ?? []) : [],
    components: { debian: m.debian, linux: m.kernel, ...components },
  };
}
