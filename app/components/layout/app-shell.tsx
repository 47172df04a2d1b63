/** The frame around every page: where one can go, who one is, and how it should look. */
import { Form, Link, NavLink, useLocation, useNavigation } from "@remix-run/react";
import type { ReactNode } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { languageNames, languages } from "#app/messages/languages.ts";
import { Menu } from "#app/ui/menu.tsx";
import { BerthMark } from "./berth-mark.tsx";
import { Flash } from "./flash.tsx";
import type { FlashCode } from "./flash-codes.ts";
import { useLanguage } from "#app/components/text/language.ts";
import { PageChange } from "./page-change.tsx";
import { CommandPalette } from "#app/components/palette/command-palette.tsx";
import { dashboardPath, operationsPath, preferencesPath } from "#app/components/shell/paths.ts";

export interface Viewer {
  readonly name: string;
  readonly operator: boolean;
}

export interface AppShellProps {
  readonly viewer: Viewer | null;
  /** What was just done. */
  readonly flash: FlashCode | null;
  readonly children: ReactNode;
}

export function AppShell({ viewer, flash, children }: AppShellProps) {
  const { t } = useTranslation();
  return (
    <div className="b-shell">
      <a className="b-skip" href="#content">
        {t("shell.skip")}
      </a>
      <NavigationProgress />
      <PageChange signedIn={viewer !== null} />
      <header className="b-masthead">
        <Link to={dashboardPath} className="b-brand" aria-label={t("shell.brand")}>
          <BerthMark />
          <span className="b-brand-name">{t("shell.brand")}</span>
        </Link>
        {viewer !== null && <Pages operator={viewer.operator} />}
        <div className="b-masthead-end">
          {viewer !== null && <CommandPalette />}
          <LanguageSwitch />
          {viewer !== null && <Account viewer={viewer} />}
        </div>
      </header>
      <main id="content" tabIndex={-1} className="b-content">
        <Flash code={flash} />
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

/**
 * One press changes the language of everything, to the next one there is. Its code is shown: a page loads no font for three letters
 * of the other language.
 */
function LanguageSwitch() {
  const { t } = useTranslation();
  const location = useLocation();
  const other = languages[(languages.indexOf(useLanguage()) + 1) % languages.length] ?? "en";
  return (
    <Form method="post" action={preferencesPath} reloadDocument>
      <input type="hidden" name="returnTo" value={location.pathname + location.search} />
      <button
        type="submit"
        className="b-quiet-button"
        name="language"
        value={other}
        lang={other}
        aria-label={t("shell.language.switch", { language: languageNames[other], code: other.toUpperCase() })}
      >
        {other.toUpperCase()}
      </button>
    </Form>
  );
}

function Account({ viewer }: { readonly viewer: Viewer }) {
  const { t } = useTranslation();
  const { key } = useLocation();
  return (
    <Menu label={t("shell.account.label", { name: viewer.name })} title={<span className="b-menu-name">{viewer.name}</span>} place={key}>
      {viewer.operator && <span className="b-muted">{t("shell.account.operator")}</span>}
      <Link to={preferencesPath}>{t("shell.account.preferences")}</Link>
      <Form method="post" action="/sign-out" reloadDocument>
        <button type="submit" className="b-link-button">
          {t("shell.account.signOut")}
        </button>
      </Form>
    </Menu>
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
