/** Every add-on that a person can choose. One that requires another stands after it: clusters get them in this order. */
import type { AddOn } from "./add-on.ts";
import { metricsServer } from "./metrics-server.ts";

export const addOns: readonly AddOn[] = [metricsServer];
