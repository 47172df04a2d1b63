/**
 * A disk whose upload broke off, because libvirtd was killed: libvirt has it, the engine counts it as made, with an error
 * beside it, and what is in it is not what was sent. A machine with such a seed boots and is never heard of. To kill
 * libvirtd in just that instant is a matter of luck (the fault suite has it, at times), so its trace is laid by hand.
 */
import { message } from "#app/domain/message/message.ts";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { stackFiles } from "#pulumi/stack/stack-files.ts";
import { openRig, type Rig } from "./rig.ts";

let rig: Rig;
afterEach(async () => rig.close());

interface State {
  readonly checkpoint: {
    readonly latest: { readonly resources: { readonly type: string; initErrors?: readonly string[] }[]; pending_operations?: unknown[] };
  };
}

/** `looked`: the run was killed, too, so that the next one first lets the engine look at everything. */
function leaveBroken(checkpoint: string, looked: boolean): void {
  const state = JSON.parse(readFileSync(checkpoint, "utf8")) as State;
  const { latest } = state.checkpoint;
  const of = (type: string) =>
    latest.resources.find((r) => r.type.startsWith("libvirt:") && r.type.endsWith(type)) ?? expect.fail(`there is no ${type}`);
  of("Volume").initErrors = ["error while uploading volume procedure interrupted while awaiting response"];
  if (looked) latest.pending_operations = [{ resource: of("Pool"), type: "updating" }];
  writeFileSync(checkpoint, JSON.stringify(state));
}

it.each([false, true])("is uploaded again by the next run (looked at by the engine before: %s)", async (looked) => {
  rig = await openRig({ program: "one-volume.ts" });
  rig.startWorker();
  const sent = Buffer.alloc(300_000, "berth");
  writeFileSync(join(rig.home, "upload.bin"), sent);
  const { id } = await rig.newCluster("upload", 0);
  expect((await rig.update(id)).state).toBe("succeeded");
  const { prefix, stackName } = await rig.spec(id);
  const file = join(rig.home, "pools", prefix, `${prefix}-upload.bin`);
  expect(readFileSync(file).equals(sent)).toBe(true);
  truncateSync(file, 100_000);
  truncateSync(file, sent.length);
  leaveBroken(stackFiles(rig.home, rig.tenantId, stackName).checkpoint, looked);

  const changes = async () => (await rig.preview(id)).rows.filter((r) => r.change !== "same").map((r) => `${r.change} ${r.name}`);
  expect(await changes()).toEqual(["replace upload-upload"]);
  const update = await rig.update(id);
  expect(update.state).toBe("succeeded");
  expect(readFileSync(file).equals(sent)).toBe(true);
  const told = (await rig.entries(update.id)).flatMap(({ event }) => (event.kind === "recovery" ? event.did : []));
  expect(told).toContainEqual(message("disk-recreated", { name: expect.stringContaining("-upload.bin") as string }));
  expect(await changes()).toEqual([]);
});
