/** A kind of service machine in words. */
import type { TFunction } from "i18next";

/** Which ids there are is data, which the type of `t` cannot follow. */
const say = (t: TFunction, key: string, otherwise: string): string =>
  (t as unknown as (key: string, options: { readonly defaultValue: string }) => string)(key, { defaultValue: otherwise });

/** The id itself where this version has no text for it. */
export const serviceName = (id: string, t: TFunction): string => say(t, `service.${id}.name`, id);

/** What it is for, in one sentence. */
export const serviceLine = (id: string, t: TFunction): string => say(t, `service.${id}.line`, "");
