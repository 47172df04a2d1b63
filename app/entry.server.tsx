/** Renders a page to a stream, in the request's language and with the request's script nonce. */
import { Transform } from "node:stream";
import { type AppLoadContext, createReadableStreamFromReadable, type EntryContext, type HandleErrorFunction } from "@remix-run/node";
import { isRouteErrorResponse, RemixServer } from "@remix-run/react";
import { renderToPipeableStream } from "react-dom/server";
import { I18nextProvider } from "react-i18next";
import { allTranslations } from "#app/messages/catalogues.ts";
import { NonceProvider } from "#app/ui/nonce.tsx";

const translations = allTranslations();

/** After this a page that still streams is cut off; every loader answers long before. */
export const streamTimeout = 20_000;

export default function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  remix: EntryContext,
  context: AppLoadContext,
): Promise<Response> {
  const page = (
    <I18nextProvider i18n={translations[context.language]}>
      <NonceProvider nonce={context.nonce}>
        <RemixServer context={remix} url={request.url} abortDelay={streamTimeout} nonce={context.nonce} />
      </NonceProvider>
    </I18nextProvider>
  );
  return context.renderTurn(() => streamed(page, context.nonce, status, headers));
}

/** What a page refuses, such as an address without a page, is an answer and no error of the portal. */
export const handleError: HandleErrorFunction = (error, { request }) => {
  if (!request.signal.aborted && !isRouteErrorResponse(error)) console.error("making a page:", error);
};

/**
 * React 18 fills fixed blocks and sends a block's unused end as zero bytes when a character of several bytes does not
 * fit into it, which shows as broken characters in attributes. A page holds no zero bytes of its own.
 */
const withoutGaps = (): Transform =>
  new Transform({
    transform: (block: Buffer, _encoding, done) => done(null, block.includes(0) ? block.filter((byte) => byte !== 0) : block),
  });

/** Resolves once everything is rendered that is known, for every client: what comes later is streamed, and holds up nobody else's page. */
function streamed(page: JSX.Element, nonce: string, status: number, headers: Headers): Promise<Response> {
  return new Promise((resolve, reject) => {
    let shellSent = false;
    let answer = status;
    const { pipe, abort } = renderToPipeableStream(page, {
      nonce,
      onShellReady: () => {
        shellSent = true;
        const body = withoutGaps().once("close", () => clearTimeout(cutOff));
        headers.set("Content-Type", "text/html; charset=utf-8");
        resolve(new Response(createReadableStreamFromReadable(body), { status: answer, headers }));
        pipe(body);
      },
      onShellError: reject,
      onError: (error) => {
        answer = 500;
        if (shellSent) console.error("rendering the rest of a page:", error);
      },
    });
    // Cleared when the page is sent: a timer keeps all that the page was made of.
    const cutOff = setTimeout(abort, streamTimeout + 1_000).unref();
  });
}
