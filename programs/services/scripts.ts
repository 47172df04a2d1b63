/** The shell that sets a service machine up and checks it. Runs on that machine; what was cut off may be run again. */
import { addressOf, type ClusterSpec, machineNamed, type MachineSpec, nodesOf } from "#app/domain/cluster/spec.ts";
import type { ServiceSpec } from "#app/domain/services/service.ts";
import { renderBundle, unpackBundle } from "#programs/render/bundle.ts";
import { checkScript } from "#programs/render/check-script.ts";
import { settingsOf } from "#programs/render/profile.ts";
import { minutes, rightMachine, state, strict, untilOk } from "#programs/render/scripts.ts";
import { firewallFiles, firewallUnit } from "./firewall.ts";
import type { MachineFacts, ServiceInput, ServiceProgram } from "./service.ts";

/** One machine of a service, with how it is set up. */
export interface ServicePlace {
  readonly spec: ClusterSpec;
  readonly service: ServiceSpec;
  readonly machine: MachineSpec;
  readonly program: ServiceProgram;
}

const factsOf = (m: MachineSpec): MachineFacts => ({ name: m.name, address: addressOf(m) });

export const inputOf = ({ spec, service, machine }: Omit<ServicePlace, "program">): ServiceInput => ({
  settings: service.settings,
  machine: factsOf(machine),
  machines: service.machines.map((name) => factsOf(machineNamed(spec, name))),
  nodes: nodesOf(spec).map(factsOf),
  profile: settingsOf(spec),
});

/** Standard input of {@link setupScript}. */
export const renderService = (place: ServicePlace): string =>
  renderBundle([...firewallFiles(place.spec, place.program.kind.ports), ...place.program.files(inputOf(place))]);

/** One run at a time: the one before may still be running after a lost connection. The machines of tests have no flock. */
const alone = (seconds: number): string => `mkdir -p ${state}
if command -v flock >/dev/null; then
  exec 9>${state}/lock
  flock -w ${seconds} 9 || { echo "an earlier run on this machine has not ended within ${seconds} s" >&2; exit 1; }
fi
`;

/** Standard input: what {@link renderService} makes. */
export function setupScript(place: ServicePlace): string {
  const { spec, machine, program } = place;
  const input = inputOf(place);
  const { kind, units } = program;
  return `${strict}${rightMachine(machine)}${alone(minutes(spec, 10))}${unpackBundle}unpack
${lines(program.setUp(input))}${firewallScript(program)}${unitsScript(
  kind.id,
  program.files(input).map((file) => file.path),
  units,
)}echo "${kind.id} is set up on ${machine.name}"
`;
}

const lines = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

/** Loading the same rules again changes nothing. */
const firewallScript = ({ kind }: ServiceProgram): string =>
  kind.ports.length === 0 ? "" : `systemctl daemon-reload\nsystemctl enable ${firewallUnit}\nsystemctl reload-or-restart ${firewallUnit}\n`;

/**
 * A unit that runs is left alone unless a file is another than the one it was started with. Which ones it was started with is
 * written down last, so that a run that was cut off is completed by the next one.
 */
function unitsScript(id: string, paths: readonly string[], units: readonly string[]): string {
  if (units.length === 0) return "";
  const known = `${state}/${id}-files`;
  const unitsLines = units.map(
    (unit) => `systemctl enable ${unit}
if [ "$known" != "$now" ] || ! systemctl is-active --quiet ${unit}; then systemctl reload-or-restart ${unit}; fi
`,
  );
  return `now=$(cat ${["/dev/null", ...paths].join(" ")} | sha256sum)
known=$(cat ${known} 2>/dev/null || true)
systemctl daemon-reload
${unitsLines.join("")}echo "$now" > ${known}
`;
}

/** Ends when the service works. */
export const serviceCheckScript = ({ spec, machine, program }: ServicePlace): string =>
  `${strict}${rightMachine(machine)}${untilOk(spec)}${Object.entries(program.checks)
    .map(([name, check]) => checkScript(spec, name, check))
    .join("")}echo "${program.kind.id} works on ${machine.name}"
`;

/** What a command of the definition does on this machine. Throws for one that it does not have. */
export function commandScript(place: ServicePlace, name: string): string {
  const command = place.program.commands[name];
  if (command === undefined) throw new Error(`the service ${place.program.kind.id} has no command ${name}`);
  return `${strict}${rightMachine(place.machine)}${lines(command(inputOf(place)))}`;
}
