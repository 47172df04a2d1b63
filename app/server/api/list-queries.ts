/** Questions about lists. */
import { z } from "zod";
import { clusterStates } from "#app/domain/cluster/cluster.ts";
import { rule } from "#app/forms/rules.ts";
import { textField, wordField } from "#app/forms/text-fields.ts";
import type { ClusterListRequest } from "#app/services/portal-lists.ts";
import { pageQuery } from "./schemas.ts";

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what was not asked for. */
export const defined = <T extends object>(query: T): Defined<T> =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Defined<T>;

export const clusterQuery = z.object({
  ...pageQuery,
  after: wordField("id").optional(),
  q: textField(63, rule("field.type")).optional().describe("A part of the name"),
  name: wordField("label").optional().describe("The whole name"),
  state: z.enum(clusterStates).optional().describe("All that are not gone unless asked otherwise"),
});

export const clusterListRequest = ({ q, state, ...page }: z.output<typeof clusterQuery>): ClusterListRequest =>
  defined({ ...page, query: q, states: state === undefined ? undefined : [state] });
