/** What an operation does to which cluster, in a few words. */
import type { TFunction } from "i18next";
import type { OperationSummary } from "#app/services/portal.ts";

export type Titled = Pick<OperationSummary, "purpose" | "cluster">;

export const titleOf = ({ purpose, cluster }: Titled, t: TFunction): string => t(`operationTitle.${purpose}`, { cluster });
