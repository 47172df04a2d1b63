/** Types Remix's load context for every loader and action. */
import "@remix-run/server-runtime";
import type { PortalContext } from "#app/services/portal.ts";

declare module "@remix-run/server-runtime" {
  interface AppLoadContext extends PortalContext {
    /** Renders a page when it is the caller's turn. */
    readonly renderTurn: <T>(work: () => Promise<T>) => Promise<T>;
  }
}
