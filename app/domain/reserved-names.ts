/** Names that nobody may take, and why: each of them already means something where names of people and clusters stand. */

/** `address`: a page's address. `commandLine`: root's tenant. `system`: reads like Berth itself. `kubernetes`: means something there. */
export const reservations = ["address", "commandLine", "system", "kubernetes"] as const;
export type Reservation = (typeof reservations)[number];

const everywhere: Readonly<Record<string, Reservation>> = {
  new: "address",
  berth: "system",
  system: "system",
  default: "kubernetes",
  kubernetes: "kubernetes",
  "kube-system": "kubernetes",
  "kube-public": "kubernetes",
  "kube-node-lease": "kubernetes",
};

/** A person's own tenant has their name. */
const forTenants: Readonly<Record<string, Reservation>> = {
  ...everywhere,
  local: "commandLine",
  localhost: "commandLine",
  root: "commandLine",
  admin: "system",
  administrator: "system",
  operator: "system",
  portal: "system",
  api: "address",
  "kubernetes-admin": "kubernetes",
};

/** Pools stand beside the control plane in lists and changes. */
const forPools: Readonly<Record<string, Reservation>> = { ...everywhere, "control-plane": "kubernetes", master: "kubernetes" };

const reservationOf = (names: Readonly<Record<string, Reservation>>, name: string): Reservation | null =>
  Object.hasOwn(names, name) ? (names[name] ?? null) : null;

export const tenantReservation = (name: string): Reservation | null => reservationOf(forTenants, name);
export const clusterReservation = (name: string): Reservation | null => reservationOf(everywhere, name);
export const poolReservation = (name: string): Reservation | null => reservationOf(forPools, name);

/** Tenant of the machine's own administrator, who has no account. */
export const localTenant = "local";
