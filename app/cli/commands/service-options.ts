/**
 * Services on the command line: `--service <id>`, and of a living cluster `--remove-service <id>`; only where there is a kind to
 * choose.
 */
import type { Command } from "commander";
import { Ending, exitCodes } from "#app/cli/exit-codes.ts";
import { serviceKinds } from "#app/domain/services/all.ts";
import { collect } from "./pool-options.ts";

export interface ServiceRequest {
  readonly service?: readonly string[];
  readonly removeService?: readonly string[];
}

const id = (text: string): string => text;

const whereThereAreAny = (command: Command, add: (command: Command) => Command): Command =>
  serviceKinds.length === 0 ? command : add(command);

export const addServiceOption = (command: Command): Command =>
  whereThereAreAny(command, (c) =>
    c.option(
      "--service <id>",
      `give the cluster a service with machines of its own: ${serviceKinds.map((kind) => kind.id).join(", ")}; may be given several times`,
      collect(id),
    ),
  );

export const addRemoveServiceOption = (command: Command): Command =>
  whereThereAreAny(command, (c) =>
    c.option("--remove-service <id>", "remove a service with its machines and their disks; may be given several times", collect(id)),
  );

/** The whole list of a changed cluster: services that are not named stay. Null: nothing is said about services. */
export function changedServices(
  current: readonly string[],
  { service = [], removeService = [] }: ServiceRequest,
): readonly string[] | null {
  if (service.length === 0 && removeService.length === 0) return null;
  const strange = removeService.find((one) => !current.includes(one));
  if (strange !== undefined)
    throw new Ending(
      exitCodes.invalid,
      `--remove-service ${strange}: the cluster has no such service; it has ${current.join(", ") || "none"}`,
    );
  const both = removeService.find((one) => service.includes(one));
  if (both !== undefined) throw new Ending(exitCodes.invalid, `--remove-service ${both}: --service names the same service`);
  return [...new Set([...current.filter((one) => !removeService.includes(one)), ...service])];
}
