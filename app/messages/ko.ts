/** Korean. Sentences avoid particles after a value, whose form would depend on it. */
import type { Catalogue } from "./catalogue.ts";
import * as addOns from "./ko/add-ons.ts";
import * as services from "./ko/services.ts";
import * as domain from "./ko/domain.ts";
import * as drift from "./ko/drift.ts";
import * as messages from "./ko/messages.ts";
import * as pages from "./ko/pages.ts";
import * as plans from "./ko/plans.ts";
import * as problems from "./ko/problems.ts";
import * as rules from "./ko/rules.ts";
import * as shell from "./ko/shell.ts";

export const ko: Catalogue = {
  ...shell,
  ...domain,
  ...pages,
  ...plans,
  ...drift,
  ...messages,
  ...problems,
  ...rules,
  ...addOns,
  ...services,
};
