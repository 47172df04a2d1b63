/** Ends the session. Only a form leads here; the address alone does nothing. */
import { redirect, type ActionFunctionArgs } from "@remix-run/node";

export async function action({ context }: ActionFunctionArgs) {
  return redirect("/sign-in", { headers: { "Set-Cookie": await context.session.signOut() } });
}

export const loader = () => redirect("/");
