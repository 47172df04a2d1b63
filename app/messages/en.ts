/** English, which decides what keys there are. */
import * as addOns from "./en/add-ons.ts";
import * as services from "./en/services.ts";
import * as domain from "./en/domain.ts";
import * as drift from "./en/drift.ts";
import * as messages from "./en/messages.ts";
import * as pages from "./en/pages.ts";
import * as plans from "./en/plans.ts";
import * as problems from "./en/problems.ts";
import * as rules from "./en/rules.ts";
import * as shell from "./en/shell.ts";

export const en = { ...shell, ...domain, ...pages, ...plans, ...drift, ...messages, ...problems, ...rules, ...addOns, ...services };
