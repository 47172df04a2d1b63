/** A kind of service machine of the tests' own registry: one that keeps a text, on the tiny guest. */
import { z } from "zod";
import { buildSpec } from "#app/domain/cluster/build-spec.ts";
import { type ExampleChange, exampleRequest } from "#app/domain/cluster/example-spec.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { ServiceKind } from "#app/domain/services/service.ts";
import type { ServiceProgram } from "#programs/services/service.ts";

export const plainService: ServiceKind = {
  id: "store",
  settings: z.object({ text: z.string().default("kept") }),
  machines: 1,
  size: { vcpus: 1, memoryMiB: 128 },
  diskGiB: null,
  image: "tiny",
  ports: [],
  checks: ["text"],
  commands: ["show"],
};

/** As a cluster of real machines would have it. */
export const nodeService: ServiceKind = { ...plainService, size: { vcpus: 2, memoryMiB: 2048 }, diskGiB: 30, image: "node" };

export const plainServiceProgram: ServiceProgram = {
  kind: plainService,
  files: ({ settings, nodes }) => [
    { path: "/run/store/text", mode: "0644", text: `${String(settings.text)} for ${nodes.map(({ name }) => name).join(" ")}\n` },
  ],
  units: [],
  setUp: ({ machine }) => `echo "${machine.name} keeps: $(cat /run/store/text)"`,
  checks: { text: { what: "its text", minutes: 1, succeeds: "[ -s /run/store/text ]", report: "ls /run/store" } },
  commands: { show: () => "cat /run/store/text" },
};

/** The example cluster with the service. */
export function exampleWithService(change: ExampleChange = {}, kind: ServiceKind = nodeService): ClusterSpec {
  const request = exampleRequest({ ...change, services: [kind.id] });
  const hostKeys = { ...request.keys.hostKeys, store0: "ssh-ed25519 AAAAstore0" };
  return buildSpec({
    ...request,
    keys: { ...request.keys, hostKeys },
    serviceKinds: [kind],
    serviceImages: { [kind.image]: request.image },
  });
}
