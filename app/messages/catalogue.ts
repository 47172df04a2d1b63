/**
 * The shape every language has: English decides the keys. English alone has the `_one` forms; languages without plural
 * forms leave them out.
 */
import type { en } from "./en.ts";

export type CatalogueOf<Shape> = {
  readonly [Key in keyof Shape as Key extends `${string}_one` ? never : Key]: Shape[Key] extends string ? string : CatalogueOf<Shape[Key]>;
};

export type Catalogue = CatalogueOf<typeof en>;

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof en };
  }
}
