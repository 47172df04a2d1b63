/** What an update that renewed the certificates leaves in the drift record, with no schedule of looks. */
import { reported } from "#app/domain/message/message.ts";
import { beforeEach, expect, it } from "vitest";
import { controlPlaneCertificateState } from "#app/domain/cluster/certificates.ts";
import type { DriftFinding } from "#app/domain/drift/drift.ts";
import { afterCheck, controlPlaneFacts } from "#app/domain/drift/record.ts";
import { LeaseLost } from "#app/ports/operation-store.ts";
import { noon } from "#tests/contract/fixtures.ts";
import { RunRig } from "#tests/contract/run-rig.ts";

const day = 86_400_000;
let rig: RunRig;

const finding = (kind: DriftFinding["kind"]): DriftFinding => ({
  id: `${kind}:cp0`,
  kind,
  subject: "cp0",
  machine: null,
  expected: "",
  found: "",
  impact: "none",
  repair: "plan",
  adopt: false,
});

beforeEach(async () => {
  rig = await RunRig.start();
  await rig.update();
  const findings = [finding("certificates-expiring"), finding("machine-memory")];
  await rig.stores.drift.change(rig.clusterId, (record) =>
    afterCheck(record, {
      at: noon,
      revision: 1,
      sources: { host: "seen", engine: "seen", nodes: "seen" },
      trouble: null,
      findings,
      certificateEndsAt: noon + 20 * day,
    }),
  );
});

async function change(renewed: number | null): Promise<void> {
  const cluster = (await rig.cluster()) ?? expect.fail();
  const spec = (await rig.stores.clusters.spec(rig.clusterId, cluster.revision)) ?? expect.fail();
  const kubernetes = renewed === null ? spec.kubernetes : spec.kubernetes.map((k) => ({ ...k, certificates: { renewed } }));
  await rig.stores.clusters.addRevision({ ...spec, revision: cluster.revision + 1, kubernetes }, noon);
  await rig.submit("update", (await rig.plan()).id);
}

const standing = async () => {
  const record = (await rig.stores.drift.get(rig.clusterId)) ?? expect.fail();
  return {
    standing: controlPlaneCertificateState(controlPlaneFacts(record, { createdAt: noon - 300 * day }), rig.time),
    rows: record.rows.map((r) => r.kind),
    look: record.wantedAt !== null,
  };
};
const warned = { standing: "soon", rows: ["certificates-expiring", "machine-memory"], look: false };
const renewed = { standing: "valid", rows: ["machine-memory"], look: true };

it("nothing asks for a renewal any more, and a check is to read the new end", async () => {
  await change(1);
  expect(await standing()).toEqual(warned);
  expect((await rig.runNext()).state).toBe("succeeded");
  expect(await standing()).toEqual(renewed);
  await change(2);
  await rig.runNext();
  expect(await standing()).toEqual(renewed);
});

it("another update leaves the warning, and so does a renewal that fails", async () => {
  await change(null);
  expect((await rig.runNext()).state).toBe("succeeded");
  expect(await standing()).toEqual(warned);
  await change(1);
  rig.result = {
    result: "failed",
    failure: { step: null, machine: null, phase: null, cause: "unknown", reasons: [reported("kubeadm")], lastOutput: [], next: "resume" },
  };
  expect((await rig.runNext()).state).toBe("failed");
  expect(await standing()).toEqual(warned);
});

it("an edit of a renewed cluster is no renewal", async () => {
  await change(1);
  await rig.runNext();
  await rig.stores.drift.change(rig.clusterId, (record) =>
    afterCheck(record, {
      at: rig.time + 1,
      revision: 2,
      sources: { host: "seen", engine: "seen", nodes: "seen" },
      trouble: null,
      findings: [],
      certificateEndsAt: noon + 20 * day,
    }),
  );
  await change(1);
  await rig.runNext();
  expect((await standing()).standing).toBe("soon");
});

it("a worker that ends right before the revision is live loses nothing of it", async () => {
  await change(1);
  const lost = new LeaseLost("killed here");
  const taken = await rig.claim();
  await expect(
    rig.run(taken, { ports: { ...rig.ports, clusters: { ...rig.stores.clusters, setLiveRevision: () => Promise.reject(lost) } } }),
  ).rejects.toBe(lost);
  expect(await standing()).toEqual(renewed);
});
