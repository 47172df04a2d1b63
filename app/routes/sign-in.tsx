/** Signing in with name and password. */
import { redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { safeReturn } from "#app/components/shell/paths.ts";
import { SignInForm } from "#app/components/people/sign-in-form.tsx";
import { signInSchema } from "#app/forms/account-forms.ts";
import { tryAction, checked, refused, textOf } from "./support/answers.server.ts";
import { formOf } from "./support/forms.server.ts";

export function loader({ context, request }: LoaderFunctionArgs) {
  const next = safeReturn(new URL(request.url).searchParams.get("next"));
  if (context.actor !== null) throw redirect(next);
  return { next };
}

export async function action({ context, request }: ActionFunctionArgs) {
  const form = await formOf(request, { once: [...Object.keys(signInSchema.shape), "next"] });
  const outcome = await tryAction(enter());
  if ("problem" in outcome) return refused(outcome.problem);
  return redirect(safeReturn(textOf(form, "next")), { headers: { "Set-Cookie": outcome.value } });

  async function enter(): Promise<string> {
    const { name, password } = checked(signInSchema, { name: textOf(form, "name"), password: textOf(form, "password") });
    return context.session.signIn(name, password);
  }
}

export const meta: MetaFunction = (page) => pageTitle(page, "signIn");

export default function SignInPage() {
  return <SignInForm next={useLoaderData<typeof loader>().next} problem={useActionData<typeof action>()?.problem ?? null} />;
}
