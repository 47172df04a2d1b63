/** A run of the stack engine with a program that makes no machines, for benches. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { buildSpec, firstMachineNames } from "#app/domain/cluster/build-spec.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { RunRequest } from "#app/ports/stack-engine.ts";
import { createStackEngine } from "#pulumi/driver/engine.ts";
import { createKeyMaker } from "#app/adapters/keys/key-maker.ts";
import { emptyHypervisor, everywhere } from "#tests/contract/empty-hypervisor.ts";
import { plainBlueprint } from "#tests/plain/blueprint.ts";

export interface BenchStack {
  readonly engine: ReturnType<typeof createStackEngine>;
  readonly run: (kind: RunRequest["kind"], revision: number) => RunRequest;
}

export async function benchStack(home: string, engineFolder: string, program: string): Promise<BenchStack> {
  const keys = await createKeyMaker().make(firstMachineNames({ controlPlanes: 1 }, []), Date.now());
  const spec = buildSpec({
    clusterId: "00000000-0000-7000-8000-000000000001",
    tenantId: "bench",
    hostId: localHost,
    topology: plainBlueprint,
    input: {
      name: "bench",
      kubernetesVersion: "",
      controlPlane: { vcpus: 1, memoryMiB: 128, diskGiB: 1 },
      pools: [],
      authorizedKeys: [],
      podCidr: "10.244.0.0/16",
      serviceCidr: "10.96.0.0/16",
    },
    networkIndex: 1,
    settings: { networkRange: "10.91.0.0/16", portBase: 20_000 },
    image: { name: "none", contentHash: "none" },
    profile: "emulated",
    apiServerNames: [],
    keys: keys.publics,
  });
  const at = (revision: number): ClusterSpec => ({ ...spec, revision });
  const host = { libvirtUri: "test:///default", imageFolder: home, imagePool: "none", poolRoot: home, consoleFolder: home };
  return {
    engine: createStackEngine({
      engineFolder,
      home,
      hypervisors: everywhere(emptyHypervisor),
      programModule: new URL(`./programs/${program}.ts`, import.meta.url).href,
    }),
    run: (kind, revision) => ({
      operationId: `bench-${kind}-${revision}`,
      kind,
      planKind: kind === "destroy" ? "destroy" : "update",
      spec: at(revision),
      secrets: keys.secrets,
      passphrase: "bench",
      machineHost: host,
    }),
  };
}
