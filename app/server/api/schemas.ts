/** Shapes of the API's questions; those of its answers are the contract's. */
import { z } from "zod";
import { digitsField, wordField } from "#app/forms/text-fields.ts";
import { largestPage, pageSize } from "#app/services/portal-lists.ts";

/** What does not fit the grammar of a name is simply not found. */
export const tenantParams = z.object({ tenant: wordField("label") });
export const clusterParams = tenantParams.extend({ cluster: wordField("label") });
export const numberedParams = clusterParams.extend({ number: digitsField(1, 999_999_999) });
export const idParams = z.object({ id: wordField("id") });

/** Which page. */
export const pageQuery = { limit: digitsField(1, largestPage).optional().describe(`At most so many; ${pageSize} unless asked otherwise`) };
