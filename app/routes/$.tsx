/** Every address without a page: the same answer as for what is not yours. */
import type { MetaFunction } from "@remix-run/node";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { absent } from "./support/answers.server.ts";

export const loader = () => {
  throw absent();
};

export const action = loader;

export const meta: MetaFunction = (page) => pageTitle(page, "missing");

export default function Nothing() {
  return null;
}
