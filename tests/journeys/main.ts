/**
 * `npm run journeys -- first-cluster`, `add-ons`, `high-availability`, `save-and-wake` or `system-libvirt [--debian 12|13] [--vm]
 * [--workers N] [--parts …] [--beds FOLDER]`: a long way on real machines, as root. Each run adds one line to
 * `tests/journeys/tried.jsonl`, also when it broke. It ends with 1 then. What it needs of Debian is unpacked below the folder of
 * beds; nothing is installed on this machine.
 */
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { repoFolder } from "#app/setup/all-steps.ts";
import { addOnsJourney } from "./add-ons.ts";
import { firstClusterJourney } from "./first-cluster.ts";
import { highAvailabilityJourney } from "./high-availability.ts";
import { saveAndWakeJourney } from "./save-and-wake.ts";
import { commitOf, keepRecord, openSteps, type Steps } from "./record.ts";
import { containerJourney, containerParts, missingParts } from "./system-libvirt/container-journey.ts";
import { vmJourney } from "./system-libvirt/vm-journey.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    debian: { type: "string", default: "12" },
    vm: { type: "boolean", default: false },
    workers: { type: "string", default: "1" },
    parts: { type: "string", default: containerParts.join(",") },
    beds: { type: "string", default: join(tmpdir(), "berth-beds") },
    record: { type: "string", default: join(repoFolder, "tests", "journeys", "tried.jsonl") },
  },
});

interface Journey {
  readonly name: string;
  readonly on: string;
  readonly run: (steps: Steps) => Promise<void>;
}

const onBerthsLibvirt: Readonly<Record<string, Journey["run"]>> = {
  "first-cluster": firstClusterJourney,
  "add-ons": addOnsJourney,
  "high-availability": highAvailabilityJourney,
  "save-and-wake": saveAndWakeJourney,
};

function journeyOf(words: readonly string[]): Journey {
  const [name, ...more] = words;
  const onOwnLibvirt = name === undefined || more.length > 0 ? undefined : onBerthsLibvirt[name];
  if (name !== undefined && onOwnLibvirt !== undefined) return { name, on: "Berth's own libvirt", run: onOwnLibvirt };
  if (name !== "system-libvirt" || more.length > 0)
    throw new Error(`usage: npm run journeys -- ${Object.keys(onBerthsLibvirt).join(", ")}, or system-libvirt [--debian 12|13] [--vm]`);
  if (values.debian !== "12" && values.debian !== "13") throw new Error("--debian is 12 or 13");
  const debian = values.debian;
  const beds = resolve(values.beds);
  if (values.vm) return { name, on: `Debian ${debian}, virtual machine with AppArmor`, run: (steps) => vmJourney(steps, { debian, beds }) };
  const parts = values.parts.split(",").map((word) => {
    const part = containerParts.find((p) => p === word);
    if (part === undefined) throw new Error(`--parts is a list of ${containerParts.join(", ")}`);
    return part;
  });
  const missing = missingParts(parts);
  if (missing.length > 0) throw new Error(`--parts lacks ${missing.join(", ")}, which the others need`);
  return {
    name,
    on: `Debian ${debian}, container with systemd`,
    run: (steps) => containerJourney(steps, { debian, beds, workers: Number(values.workers), parts }),
  };
}

async function main(): Promise<number> {
  const journey = journeyOf(positionals);
  const [at, commit] = [new Date().toISOString(), await commitOf(repoFolder)];
  const steps = openSteps((line) => console.log(line));
  const broke = await journey.run(steps).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (broke !== null) console.log(broke);
  const result = broke === null ? "held" : "broke";
  await keepRecord(values.record, {
    journey: journey.name,
    on: journey.on,
    commit,
    at,
    processors: availableParallelism(),
    steps: steps.done,
    result,
  });
  return broke === null ? 0 : 1;
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main().catch((error: unknown) => {
  console.log(error instanceof Error ? error.message : String(error));
  return 2;
});
