/** How a field may change in a live cluster, in the metadata of its schema: OpenAPI and pages read it there. */
import type { z } from "zod";
import type { ChangeClass } from "#app/domain/cluster/change-classes.ts";

const sentences: Readonly<Record<ChangeClass, string>> = {
  fixed: "Cannot change in a live cluster.",
  live: "Changes while the cluster runs.",
  restart: "A change restarts the machines, one after the other.",
  added: "A change is for machines that are added by it.",
};

/** Each field with the class that the table in `app/domain/cluster/change-classes.ts` gives it. A field without one does not compile. */
export function withChanges<Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
  classes: Readonly<Record<keyof Shape & string, ChangeClass>>,
): Shape {
  const fields = Object.entries(shape).map(([name, field]) => [
    name,
    field.meta({ change: classes[name] as ChangeClass, description: describe(field.description, classes[name] as ChangeClass) }),
  ]);
  return Object.fromEntries(fields) as Shape;
}

const describe = (text: string | undefined, change: ChangeClass): string =>
  text === undefined ? sentences[change] : `${text}. ${sentences[change]}`;

/** Undefined for a field that is no part of a cluster. */
export const changeOfField = (field: z.ZodType): unknown => field.meta()?.["change"];
