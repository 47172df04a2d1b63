/** Every kind of service machine that a person can choose. Clusters get them in this order. */
import type { ServiceKind } from "./service.ts";

export const serviceKinds: readonly ServiceKind[] = [];
