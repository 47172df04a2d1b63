/** What machines boot from. */
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { ImageList } from "#app/components/hosts/image-list.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { actorOf, unwrap } from "./support/answers.server.ts";

export async function loader({ context, request }: LoaderFunctionArgs) {
  return { images: await unwrap(context.services.images(actorOf(context, request))) };
}

export const meta: MetaFunction = (page) => pageTitle(page, "images");

export default function ImagesPage() {
  return <ImageList images={useLoaderData<typeof loader>().images} />;
}
