/** Approving a plan; a teardown, or the loss of a control plane, needs the cluster's name typed. */
import { z } from "zod";
import { rule } from "./rules.ts";
import { textField } from "./text-fields.ts";

/** `expectedName` null: nothing has to be typed. */
export const approveSchema = (expectedName: string | null) =>
  z.object({
    hash: textField(200, rule("field.type")).default(""),
    typedName: textField(200, rule("confirm.mismatch", { expected: expectedName ?? "" }))
      .nullable()
      .default(null)
      .superRefine((value, ctx) => {
        if (expectedName === null || value === expectedName) return;
        const code = value ? "confirm.mismatch" : "confirm.required";
        ctx.addIssue({ code: "custom", message: rule(code, { expected: expectedName }) });
      }),
  });
export type ApproveForm = z.output<ReturnType<typeof approveSchema>>;
