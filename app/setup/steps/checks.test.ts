import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MessageCode } from "#app/domain/message/message.ts";
import { readConfig } from "#app/foundation/config.server.ts";
import { configuredReleases } from "#app/foundation/releases/release-files.ts";
import { repoFolder } from "#app/setup/all-steps.ts";
import type { SetupContext, Step } from "#app/setup/step.ts";
import { engineStep } from "./engine.ts";
import { hypervisorStep } from "./hypervisor.ts";
import { imageStep } from "./image.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "berth-checks-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const fresh = (): SetupContext => ({
  config: readConfig({ BERTH_HOME: home, BERTH_CACHE: join(home, "cache") }, 0),
  repo: repoFolder,
  hypervisor: { mode: "private", uri: "qemu:///system", reasons: [] },
  libvirtRoot: join(home, "libvirt"),
  releases: configuredReleases({ releases: { kind: "none" }, releasesLock: null }),
  forTests: false,
});

test.each<[string, Step, MessageCode]>([
  ["engine", engineStep, "engine-not-built"],
  ["image", imageStep, "image-not-built"],
  ["hypervisor", hypervisorStep, "own-libvirt-not-running"],
])("of a new home the step %s says as a code what is missing", async (_, step, code) => {
  expect(await step.check(fresh())).toMatchObject({ ready: false, missing: [{ code, params: {} }] });
});
