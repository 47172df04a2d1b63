/** How each kind of service machine of `app/domain/services` is set up. */
import type { ServiceProgram } from "./service.ts";

export const servicePrograms: readonly ServiceProgram[] = [];
