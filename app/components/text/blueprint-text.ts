/** A blueprint by its name. */
import type { TFunction } from "i18next";

/** The id itself where this version has no text for it. */
export const blueprintText = (id: string, t: TFunction): string => t(`blueprint.${id}` as "blueprint.single", { defaultValue: id });

/** What it is good for, in one line. */
export const blueprintLine = (id: string, t: TFunction): string => t(`blueprintLine.${id}` as "blueprintLine.single", { defaultValue: "" });
