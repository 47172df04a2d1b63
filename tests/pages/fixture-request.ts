/** What a request to the fixture portal sees: its cookies choose the scenario, the theme and the language. */
import type { IncomingHttpHeaders } from "node:http";
import type { AppLoadContext } from "@remix-run/server-runtime";
import { parseCookie } from "cookie";
import { negotiateLanguage } from "#app/server/http/negotiate-language.server.ts";
import { fixtureContext, isScenario, type Scenario } from "./fixture.ts";
import { operations, previewing } from "./fixture-operations.ts";

/** `again`: the page is there already and asks for newer data. */
export function contextFor(headers: IncomingHttpHeaders, nonce: string, again: boolean): AppLoadContext {
  const cookies = parseCookie(headers.cookie ?? "");
  const theme = cookies["theme"] === "light" || cookies["theme"] === "dark" ? cookies["theme"] : "system";
  const asked = cookies["scenario"];
  const scenario: Scenario = isScenario(asked) ? asked : "usual";
  return fixtureContext({
    scenario,
    theme,
    language: negotiateLanguage(cookies["language"] ?? null, headers["accept-language"] ?? null),
    nonce,
    again,
  });
}

/** The operation that a socket follows. */
export const followedOperation = (id: string) => [...operations, previewing(true)].find((operation) => operation.id === id);
