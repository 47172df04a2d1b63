import { beforeEach, expect, it } from "vitest";
import { memoryStores } from "#app/adapters/memory/stores.ts";
import { exampleSecrets } from "#app/domain/cluster/example-spec.ts";
import type { OperationKind } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { addHome } from "#tests/contract/fixtures.ts";
import { buildRunRequest } from "./build-run-request.ts";
import { Refused, type RunPorts } from "./run-parts.ts";

let order: (kind: OperationKind, planKind?: Operation["planKind"]) => ReturnType<typeof buildRunRequest>;
beforeEach(async () => {
  const stores = memoryStores();
  const { tenantId, cluster } = await addHome(stores);
  const spec = await stores.clusters.spec(cluster.id, 1);
  if (spec === null) throw new Error("the cluster has no spec");
  await stores.secrets.putClusterSecrets(tenantId, cluster.id, exampleSecrets(spec));
  const machineHost = {
    libvirtUri: "u",
    imageFolder: "/i",
    imagePool: "i",
    imagePlanned: true,
    poolRoot: "/p",
    consoleFolder: "/c",
  } as const;
  const ports: Pick<RunPorts, "clusters" | "secrets" | "machineHost"> = { ...stores, machineHost: () => Promise.resolve(machineHost) };
  order = (kind, planKind = "update") =>
    buildRunRequest(ports as RunPorts, { id: "o", tenantId, clusterId: cluster.id, kind, planKind, specRevision: 1 } as Operation);
});

it("previews with the image that is still being made", async () => expect((await order("preview")).machineHost.imageFolder).toBe("/i"));

it("tears down without it", async () => expect((await order("destroy", "destroy")).kind).toBe("destroy"));

it("refuses to update with it, and says what to wait for", async () => {
  const refusal = await order("update").catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Refused);
  expect(refusal).toMatchObject({ failure: { next: "wait-for-setup", reasons: [{ code: "image-being-built" }] } });
});
