/** Which add-ons a cluster has, from the ids that a person chose. `known`: Berth's own registry, unless a test has another. */
import type { AddOn, AddOnSpec } from "./add-on.ts";
import { addOns } from "./all.ts";

export interface AddOnChoice {
  readonly ids: readonly string[];
  /** Key of the Kubernetes cluster that they are put into. */
  readonly kubernetes: string;
  /** Add-ons that the cluster has already: they keep their version and their settings. */
  readonly before?: readonly AddOnSpec[];
}

/** In the order of the registry, whatever the order of the choice. */
export function chosenAddOns({ ids, kubernetes, before = [] }: AddOnChoice, known: readonly AddOn[] = addOns): readonly AddOnSpec[] {
  const place = (id: string): number => known.findIndex((addOn) => addOn.id === id);
  return [...new Set(ids)]
    .sort((a, b) => place(a) - place(b))
    .map((id) => before.find((one) => one.id === id && one.kubernetes === kubernetes) ?? newAddOn(id, kubernetes, known));
}

function newAddOn(id: string, kubernetes: string, known: readonly AddOn[]): AddOnSpec {
  const addOn = known.find((one) => one.id === id);
  if (addOn === undefined) throw new Error(`choosing add-ons: there is no ${id}`);
  return { id, version: addOn.versions[0], kubernetes, settings: addOn.settings.parse({}) };
}

/** The property of a spec: left out where there are none, as in specs that were written before there were add-ons. */
export const addOnProperty = (chosen: readonly AddOnSpec[]): { readonly addOns?: readonly AddOnSpec[] } =>
  chosen.length === 0 ? {} : { addOns: chosen };

export const unknownAddOns = (ids: readonly string[], known: readonly AddOn[] = addOns): readonly string[] =>
  ids.filter((id) => !known.some((addOn) => addOn.id === id));

export interface UnmetRequirement {
  readonly id: string;
  readonly requires: string;
}

/** What a chosen add-on requires and no chosen one provides. */
export function unmetRequirements(ids: readonly string[], known: readonly AddOn[] = addOns): readonly UnmetRequirement[] {
  const chosen = known.filter(({ id }) => ids.includes(id));
  const provided = chosen.flatMap(({ provides }) => provides);
  return chosen.flatMap(({ id, requires }) => requires.filter((name) => !provided.includes(name)).map((name) => ({ id, requires: name })));
}

/**
 * Container images that these add-ons need. An add-on that this version of Berth does not have is in the cluster already, with its
 * images.
 */
export const imagesOf = (specs: readonly AddOnSpec[], known: readonly AddOn[] = addOns): readonly string[] =>
  specs.flatMap(({ id, version }) => known.find((addOn) => addOn.id === id)?.images(version) ?? []);
