/** Theme and language, kept in cookies of this browser so that the first paint is right. */
import { redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { isTheme, PreferencesForm } from "#app/components/layout/preferences-form.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { safeReturn } from "#app/components/shell/paths.ts";
import { isLanguage } from "#app/messages/languages.ts";
import { textOf } from "./support/answers.server.ts";
import { flashCookie } from "./support/flash.server.ts";
import { formOf } from "./support/forms.server.ts";

export function loader({ context }: LoaderFunctionArgs) {
  return { theme: context.theme, language: context.language };
}

export async function action({ request }: ActionFunctionArgs) {
  const form = await formOf(request, { once: ["theme", "language", "returnTo"] });
  const headers = new Headers();
  const [theme, language] = [textOf(form, "theme"), textOf(form, "language")];
  if (isTheme(theme)) headers.append("Set-Cookie", preference("theme", theme));
  if (isLanguage(language)) headers.append("Set-Cookie", preference("language", language));
  if (theme !== "") headers.append("Set-Cookie", flashCookie("preferences-saved"));
  return redirect(safeReturn(textOf(form, "returnTo")), { headers });
}

const preference = (name: string, value: string): string => `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly`;

export const meta: MetaFunction = (page) => pageTitle(page, "preferences");

export default function PreferencesPage() {
  return <PreferencesForm {...useLoaderData<typeof loader>()} />;
}
