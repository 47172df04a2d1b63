/** A one-time link: make an account and be signed in. */
import { redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { JoinForm, LinkOver } from "#app/components/people/join-form.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { joinSchema } from "#app/forms/account-forms.ts";
import { tryAction, checked, refused, textOf } from "./support/answers.server.ts";
import { formOf } from "./support/forms.server.ts";

export async function loader({ context, params }: LoaderFunctionArgs) {
  return { invitation: await context.session.invitation(params["secret"] ?? "") };
}

export async function action({ context, params, request }: ActionFunctionArgs) {
  const form = await formOf(request, { once: Object.keys(joinSchema.shape) });
  const outcome = await tryAction(enter());
  if ("problem" in outcome) return refused(outcome.problem);
  return redirect("/", { headers: { "Set-Cookie": outcome.value } });

  async function enter(): Promise<string> {
    const { name, password } = checked(joinSchema, { name: textOf(form, "name"), password: textOf(form, "password") });
    return context.session.join(params["secret"] ?? "", name, password);
  }
}

export const meta: MetaFunction = (page) => pageTitle(page, "join");

export default function JoinPage() {
  const { invitation } = useLoaderData<typeof loader>();
  const problem = useActionData<typeof action>()?.problem ?? null;
  return invitation === null ? <LinkOver /> : <JoinForm operator={invitation.operator} problem={problem} />;
}
