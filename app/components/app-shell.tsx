/** The frame around every page: where one can go, who one is, and how it should look. */
import { Form, Link, NavLink, useLocation, useNavigation } from "@remix-run/react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { languageNames } from "#app/messages/languages.ts";
import { BerthMark } from "./berth-mark.tsx";
import { useLanguage } from "./language.ts";
import { QuickWays } from "./palette/quick-ways.tsx";
import { dashboardPath, operationsPath, preferencesPath } from "./paths.ts";

export interface Viewer {
  readonly name: string;
  readonly operator: boolean;
}

export function AppShell({ viewer, children }: { readonly viewer: Viewer | null; readonly children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className="b-shell">
      <a className="b-skip" href="#content">
        {t("shell.skip")}
      </a>
      <NavigationProgress />
      <header className="b-masthead">
        <Link to={dashboardPath} className="b-brand">
          <BerthMark />
          {t("shell.brand")}
        </Link>
        {viewer !== null && <Pages operator={viewer.operator} />}
        <div className="b-masthead-end">
          {viewer !== null && <QuickWays />}
          <LanguageSwitch />
          {viewer !== null && <Account viewer={viewer} />}
        </div>
      </header>
      <main id="content" tabIndex={-1} className="b-content">
        {children}
      </main>
    </div>
  );
}

function Pages({ operator }: { readonly operator: boolean }) {
  const { t } = useTranslation();
  const pages = [
    { to: dashboardPath, label: t("shell.nav.dashboard") },
    { to: operationsPath, label: t("shell.nav.operations") },
    { to: "/images", label: t("shell.nav.images") },
    ...(operator ? [{ to: "/setup", label: t("shell.nav.setup") }] : []),
    { to: "/people", label: operator ? t("shell.nav.people") : t("shell.nav.tokens") },
  ];
  return (
    <nav className="b-nav" aria-label={t("shell.nav.label")}>
      {pages.map((page) => (
        <NavLink key={page.to} to={page.to} end={page.to === dashboardPath} prefetch="intent">
          {page.label}
        </NavLink>
      ))}
    </nav>
  );
}

/** One press changes the language of everything; the whole document is loaded anew with it. */
function LanguageSwitch() {
  const { t } = useTranslation();
  const location = useLocation();
  const other = useLanguage() === "en" ? "ko" : "en";
  return (
    <Form method="post" action={preferencesPath} reloadDocument>
      <input type="hidden" name="returnTo" value={location.pathname + location.search} />
      <button type="submit" className="b-quiet-button" name="language" value={other} lang={other} aria-label={t("shell.language.switch", { language: languageNames[other] })}>
        {languageNames[other]}
      </button>
    </Form>
  );
}

function Account({ viewer }: { readonly viewer: Viewer }) {
  const { t } = useTranslation();
  return (
    <details className="b-menu">
      <summary aria-label={t("shell.account.label", { name: viewer.name })}>{viewer.name}</summary>
      <div className="b-menu-body">
        {viewer.operator && <span className="b-muted">{t("shell.account.operator")}</span>}
        <Link to={preferencesPath}>{t("shell.account.preferences")}</Link>
        <Form method="post" action="/sign-out" reloadDocument>
          <button type="submit" className="b-link-button">{t("shell.account.signOut")}</button>
        </Form>
      </div>
    </details>
  );
}

/** A thin moving line for whatever takes longer than a moment; its style sheet waits before showing it. */
function NavigationProgress() {
  const { t } = useTranslation();
  const busy = useNavigation().state !== "idle";
  return (
    <div className={busy ? "b-progress b-progress-busy" : "b-progress"} role="status">
      <span className="pf-v6-screen-reader">{busy ? t("shell.loading") : ""}</span>
    </div>
  );
}
