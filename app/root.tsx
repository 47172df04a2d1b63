/** The document around every page: language, theme without a flash, styles, and what to show when a page is not there. */
import { data, type LinksFunction, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import {
  isRouteErrorResponse,
  Links,
  Meta,
  Outlet,
  Scripts,
  ScrollRestoration,
  useLocation,
  useRouteError,
  useRouteLoaderData,
} from "@remix-run/react";
import "@patternfly/react-core/dist/styles/base.css";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import koreanFont from "@fontsource-variable/noto-sans-kr/wght.css?url";
import "@fontsource-variable/red-hat-mono/wght.css";
import "@fontsource-variable/red-hat-text/wght.css";
import { AppShell } from "#app/components/layout/app-shell.tsx";
import { portalTime } from "#app/components/live/browser-transport.ts";
import { ErrorPage } from "#app/components/layout/error-page.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { NowProvider } from "#app/ui/time/now.tsx";
import { useNonce } from "#app/ui/nonce.tsx";
import "#app/ui/berth.css";
import mark from "#app/ui/mark.svg?url&no-inline";
import { flashOf, spentFlashCookie } from "./routes/support/flash.server.ts";

export function loader({ context, request }: LoaderFunctionArgs) {
  const { actor, language, theme, requestId } = context;
  const flash = flashOf(request.headers.get("Cookie"));
  const view = {
    viewer: actor === null ? null : { name: actor.name, operator: actor.operator },
    language,
    theme,
    requestId,
    flash,
    now: Date.now(),
  };
  return data(view, flash === null ? {} : { headers: { "Set-Cookie": spentFlashCookie } });
}

export const links: LinksFunction = () => [{ rel: "icon", href: mark, type: "image/svg+xml" }];

/** For pages that cannot be shown; every page that can has its own. */
export const meta: MetaFunction = (page) =>
  pageTitle(page, isRouteErrorResponse(page.error) && page.error.status === 404 ? "missing" : "broken");

/** The class that makes PatternFly dark. */
const darkClass = "pf-v6-theme-dark";

/** Runs before the first paint when the theme follows the system, which only the browser knows. */
const followSystem = `if(matchMedia("(prefers-color-scheme: dark)").matches)document.documentElement.classList.add("${darkClass}")`;

export function Layout({ children }: { readonly children: ReactNode }) {
  const nonce = useNonce();
  const { i18n } = useTranslation();
  const root = useRouteLoaderData<typeof loader>("root");
  const theme = root?.theme ?? "system";
  useAliveMark();
  return (
    <html lang={i18n.language} className={theme === "dark" ? darkClass : undefined} suppressHydrationWarning>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={theme === "system" ? "light dark" : theme} />
        <Meta />
        <Links />
        {i18n.language === "ko" && <link rel="stylesheet" href={koreanFont} />}
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours, with this answer's nonce */}
        {theme === "system" && <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: followSystem }} />}
      </head>
      <body>
        <NowProvider at={root?.now ?? 0} ask={portalTime}>
          <AppShell viewer={root?.viewer ?? null} flash={root?.flash ?? null}>
            {children}
          </AppShell>
        </NowProvider>
        <ScrollRestoration nonce={nonce} />
        <Scripts nonce={nonce} />
      </body>
    </html>
  );
}

/**
 * Marks the document once scripts have taken over, and with the path that is painted: the address changes a moment before
 * its page does, and whoever drives a browser cannot tell otherwise.
 */
function useAliveMark(): void {
  const { pathname } = useLocation();
  useEffect(() => {
    document.documentElement.dataset["alive"] = "yes";
    document.documentElement.dataset["painted"] = pathname;
  }, [pathname]);
}

/** Each address has a page of its own: what was typed into or shown on the page of one cluster never stands on that of another. */
export default function App() {
  const { pathname } = useLocation();
  return <Outlet key={pathname} />;
}

export function ErrorBoundary() {
  const root = useRouteLoaderData<typeof loader>("root");
  return <ErrorPage error={useRouteError()} requestId={root?.requestId ?? null} />;
}
