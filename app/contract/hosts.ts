/** Libvirt hosts: what they have left, images, set-up. */
import { z } from "zod";
import { hostStates } from "#app/domain/host/libvirt-host.ts";
import { type AcceleratorVerdict, type HypervisorChoice, type SetupStepState, setupStepIds } from "#app/domain/setup.ts";
import type { StoredMessage } from "#app/domain/message/message.ts";
import { amounts, message, time, givenAs } from "./shapes.ts";

export const holder = z.object({ tenant: z.string(), cluster: z.string(), ...amounts.shape });

/** Who has reserved capacity: by name where this person may see the cluster, the rest as a sum. */
export const heldBy = z.object({
  clusters: z.array(holder).describe("Those with the most memory, at most ten"),
  others: z
    .object({ clusters: z.number(), ...amounts.shape })
    .nullable()
    .describe("All other clusters together"),
});

export const amount = z.object({
  total: z.number().describe("What all clusters together may have"),
  committed: z.number().describe("Reserved: by what lives, and by what is approved"),
  left: z.number().describe("What a new cluster can still take"),
});

export const hostCapacity = z.object({
  hostId: z.string().describe("Libvirt host"),
  name: z.string().describe("What people call the host"),
  state: z.enum(hostStates).describe("closed: takes no further clusters"),
  reachable: z.boolean().describe("False when libvirt did not answer; then the numbers are what the portal itself knows"),
  hostName: z.string(),
  vcpus: amount,
  memoryMiB: amount,
  diskGiB: amount,
  networks: amount.describe("Of the address range, one per cluster"),
  memoryReserveMiB: z.number().describe("Kept back for the host itself"),
  heldBy,
});

/** Perhaps of another version. */
const storedReason = givenAs<StoredMessage>()(message);

const partOf = { part: z.string(), version: z.string() };

const imagePart = z.discriminatedUnion("from", [
  z.object({
    ...partOf,
    from: z.literal("release"),
    url: z.string(),
    checksum: z.string().describe("Algorithm and checksum of the file at the URL"),
    checksumSource: z.string().describe("The public record of that checksum"),
  }),
  z.object({ ...partOf, from: z.literal("source"), reason: storedReason.nullable() }),
]);

export const image = z.object({
  name: z.string(),
  kind: z.enum(["node", "tiny"]),
  contentHash: z.string(),
  kubernetesVersion: z.string().nullable(),
  sizeBytes: z.number(),
  builtAt: z.string(),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  components: z.record(z.string(), z.string()),
  containerImages: z.array(z.string()).describe("Full names of the container images in it"),
  parts: z.array(imagePart).describe("Where the programs in it came from; empty where that was not recorded"),
});

export const images = z.object({ images: z.array(image) });

export const readiness = z.object({
  preview: z.boolean(),
  create: z.boolean(),
  waitingFor: z.array(z.enum(setupStepIds)),
  failed: z.array(z.enum(setupStepIds)),
});

const reason = z.string().nullable().describe("The reasons as one English text; null: there are none");

const stepState = givenAs<SetupStepState>()(
  z.discriminatedUnion("state", [
    z.object({ state: z.literal("waiting") }),
    z.object({ state: z.literal("running"), startedAt: time }),
    z.object({
      state: z.literal("done"),
      startedAt: time,
      endedAt: time,
      outcome: z.string().describe("As an English text"),
      outcomeMessages: z.array(message),
    }),
    z.object({
      state: z.literal("failed"),
      startedAt: time,
      endedAt: time,
      reason,
      reasons: z.array(message),
      fix: message.describe("What an operator can do about it; the code run-command has the command as a parameter"),
    }),
  ]),
);

const hypervisor = givenAs<HypervisorChoice>()(
  z.object({ mode: z.enum(["system", "private"]), uri: z.string(), reason, reasons: z.array(message) }),
);

const accelerator = givenAs<AcceleratorVerdict>()(
  z.object({ accelerator: z.enum(["kvm", "tcg"]), reason, reasons: z.array(message), chosenBy: z.enum(["probe", "setting"]) }),
);

export const setupState = z.object({
  updatedAt: time,
  steps: z.array(
    z.object({
      id: z.enum(setupStepIds),
      step: stepState,
      estimateSeconds: z.number().describe("Of a first run on two processors"),
      tail: z.array(z.string()).describe("Last lines of output"),
      notes: z.array(message).optional().describe("What was taken as a released file, what was compiled, and why"),
    }),
  ),
  hypervisor: hypervisor.nullable(),
  accelerator: accelerator.nullable(),
});

export const setup = z.object({ state: setupState, readiness });
