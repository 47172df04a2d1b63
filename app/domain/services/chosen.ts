/**
 * Which services a cluster has, and which machines, from the ids that a person chose. Pure. `known`: Berth's own registry,
 * unless a test has another.
 */
import { newServiceMachine, type Placement, slotOf } from "#app/domain/cluster/new-machine.ts";
import { serviceMachineName } from "#app/domain/cluster/names.ts";
import { range } from "#app/domain/cluster/range.ts";
import { limits, type Total, totalOf } from "#app/domain/cluster/sizes.ts";
import {
  type ClusterSpec,
  type ImageKind,
  type ImageRef,
  machineNamed,
  type MachineSpec,
  serviceMachinesOf,
  servicesOf,
} from "#app/domain/cluster/spec.ts";
import type { FieldIssue } from "#app/domain/problem.ts";
import { serviceKinds } from "./all.ts";
import type { ServiceKind, ServiceSpec } from "./service.ts";

export interface ServiceChoice {
  readonly ids: readonly string[];
  /** Revisions whose machines exist or may exist, the one that lives first. A service that one of them has stays as it is there. */
  readonly before: readonly ClusterSpec[];
}

export interface NewServices extends ServiceChoice {
  readonly place: Placement;
  /** Image of each kind that a new service asks for. */
  readonly images: ServiceImages;
  readonly revision: number;
}

export type ServiceImages = Readonly<Partial<Record<ImageKind, ImageRef>>>;

export interface ChosenServices {
  readonly services: readonly ServiceSpec[];
  /** Theirs, in the same order. */
  readonly machines: readonly MachineSpec[];
}

/** In the order of the registry, whatever the order of the choice. New machines take the lowest free addresses. */
export function chosenServices(
  { ids, before, place, images, revision }: NewServices,
  known: readonly ServiceKind[] = serviceKinds,
): ChosenServices {
  const taken = new Set(before.flatMap((spec) => serviceMachinesOf(spec).map((m) => slotOf(place.cidr, m))));
  const chosen = inOrder(ids, known).map((id): ChosenServices => {
    const old = serviceIn(before, id);
    if (old !== null) return { services: [old.service], machines: old.service.machines.map((name) => machineNamed(old.spec, name)) };
    const kind = kindNamed(id, known);
    const image = images[kind.image];
    if (image === undefined) throw new Error(`choosing services: there is no image for ${id}`);
    const machines = namesOf(kind).map((name) =>
      newServiceMachine(place, { ...kind.size, name, slot: takeSlot(taken), diskGiB: kind.diskGiB, image }, revision),
    );
    return { services: [{ kind: id, machines: machines.map((m) => m.name), settings: kind.settings.parse({}) }], machines };
  });
  return { services: chosen.flatMap((one) => one.services), machines: chosen.flatMap((one) => one.machines) };
}

function inOrder(ids: readonly string[], known: readonly ServiceKind[]): readonly string[] {
  const place = (id: string): number => known.findIndex((kind) => kind.id === id);
  return [...new Set(ids)].sort((a, b) => place(a) - place(b));
}

function serviceIn(specs: readonly ClusterSpec[], id: string): { readonly spec: ClusterSpec; readonly service: ServiceSpec } | null {
  for (const spec of specs) {
    const service = servicesOf(spec).find(({ kind }) => kind === id);
    if (service !== undefined) return { spec, service };
  }
  return null;
}

function kindNamed(id: string, known: readonly ServiceKind[]): ServiceKind {
  const kind = known.find((one) => one.id === id);
  if (kind === undefined) throw new Error(`choosing services: there is no ${id}`);
  return kind;
}

function takeSlot(taken: Set<number>): number {
  const slot = range(0, limits.serviceMachines.max * 2).find((n) => !taken.has(n));
  if (slot === undefined) throw new Error("choosing services: the addresses of service machines are used up");
  taken.add(slot);
  return slot;
}

const namesOf = ({ id, machines }: Pick<ServiceKind, "id" | "machines">): readonly string[] =>
  range(0, machines).map((n) => serviceMachineName(id, n));

/** Kinds of the services that these revisions do not have yet. */
export const addedServices = ({ ids, before }: ServiceChoice, known: readonly ServiceKind[] = serviceKinds): readonly ServiceKind[] =>
  inOrder(ids, known)
    .filter((id) => serviceIn(before, id) === null)
    .map((id) => kindNamed(id, known));

/** Names of machines that the choice adds, for the key maker. */
export const addedServiceMachines = (choice: ServiceChoice, known: readonly ServiceKind[] = serviceKinds): readonly string[] =>
  addedServices(choice, known).flatMap(namesOf);

/** The property of a spec: left out where there are none, as in specs that were written before there were services. */
export const serviceProperty = (services: readonly ServiceSpec[]): { readonly services?: readonly ServiceSpec[] } =>
  services.length === 0 ? {} : { services };

/** What new services take of the host. */
export const neededByServices = (ids: readonly string[], known: readonly ServiceKind[] = serviceKinds): Total =>
  totalOf(
    known
      .filter(({ id }) => ids.includes(id))
      .flatMap(({ machines, size, diskGiB }) => range(0, machines).map(() => ({ ...size, diskGiB: diskGiB ?? 0 }))),
  );

/** Why these cannot be had. A service that the cluster has already is no question, whatever this version of Berth knows. */
export function refusedServices({ ids, before }: ServiceChoice, known: readonly ServiceKind[] = serviceKinds): readonly FieldIssue[] {
  const unknown = ids.find((id) => serviceIn(before, id) === null && !known.some((kind) => kind.id === id));
  if (unknown !== undefined) return [{ field: "services", code: "service.unknown", params: { value: unknown } }];
  const { max } = limits.serviceMachines;
  const kept = ids.flatMap((id) => serviceIn(before, id)?.service.machines ?? []);
  const count = new Set(kept).size + addedServiceMachines({ ids, before }, known).length;
  return count > max ? [{ field: "services", code: "service.many", params: { value: count, max } }] : [];
}
