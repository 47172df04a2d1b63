/** How each add-on of `app/domain/add-ons` gets into a cluster. */
import type { AddOnProgram } from "./add-on.ts";
import { metricsServer } from "./metrics-server.ts";

export const addOnPrograms: readonly AddOnProgram[] = [metricsServer];
