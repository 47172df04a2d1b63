/** Renders a page as the server does: its real loader or action over the fixture, then its component to a string. */
import { createStaticHandler, createStaticRouter, StaticRouterProvider } from "react-router-dom/server.js";
import { renderToString } from "react-dom/server";
import { I18nextProvider } from "react-i18next";
import { en } from "#app/messages/en.ts";
import { createTranslations } from "#app/messages/i18n.ts";
import { ko } from "#app/messages/ko.ts";
import { ErrorBoundary } from "#app/root.tsx";
import type { Services } from "#app/services/portal.ts";
import { NowProvider } from "#app/ui/time/now.tsx";
import { fixtureContext, type Scenario } from "#tests/pages/fixture.ts";
import { routes } from "./routes.ts";

export interface Rendered {
  readonly status: number;
  readonly html: string;
  /** Where the answer leads, when it is a redirect. */
  readonly location: string | null;
  readonly cookies: readonly string[];
  readonly cacheControl: string | null;
}

const translations = { en: createTranslations("en", en), ko: createTranslations("ko", ko) };
const root = { id: "root", ErrorBoundary, children: routes };
const origin = "http://127.0.0.1:8080";

export interface Visit {
  readonly path: string;
  readonly scenario?: Scenario;
  readonly language?: "en" | "ko";
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** In place of the fixture's answers. */
  readonly services?: Services;
  /** The route answers by itself, without a page. */
  readonly file?: boolean;
}

export async function renderPage({ path, scenario = "usual", language = "en", form, services, file = false }: Visit): Promise<Rendered> {
  const fixture = fixtureContext({ scenario, language, theme: "light", nonce: "nonce" });
  const context = services === undefined ? fixture : { ...fixture, services };
  const handler = createStaticHandler([root]);
  const body = form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) };
  const request = new Request(origin + path, body);
  const answer = file
    ? ((await handler.queryRoute(request, { requestContext: context })) as Response)
    : await handler.query(request, { requestContext: context });
  if (answer instanceof Response) {
    return {
      status: answer.status,
      html: await answer.text(),
      location: answer.headers.get("Location"),
      cookies: answer.headers.getSetCookie(),
      cacheControl: answer.headers.get("Cache-Control"),
    };
  }
  const html = renderToString(
    <I18nextProvider i18n={translations[language]}>
      <NowProvider at={Date.now()} ask={async () => null}>
        <StaticRouterProvider router={createStaticRouter([root], answer)} context={answer} hydrate={false} />
      </NowProvider>
    </I18nextProvider>,
  );
  return { status: answer.statusCode, html, location: null, cookies: [], cacheControl: null };
}
