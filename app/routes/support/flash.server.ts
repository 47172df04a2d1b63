/** What the page after a redirect says was done. */
import { flashCookie } from "#app/components/layout/flash-codes.ts";
import { tenantPath } from "#app/components/shell/paths.ts";
import type { Params } from "./answers.server.ts";

/** A discarded draft leads to its tenant, a discarded change to its cluster. */
export const discardedHeaders = (path: string, params: Params): ResponseInit => ({
  headers: { "Set-Cookie": flashCookie(path === tenantPath(params["tenant"] ?? "") ? "draft-discarded" : "revision-discarded") },
});
