/** Which page of a list an address asks for. */
import type { PageRequest } from "#app/services/portal-lists.ts";

/** An empty cursor is none: a form may send its field empty. */
export function pageAsked(request: Request, cursor: string): PageRequest {
  const after = new URL(request.url).searchParams.get(cursor) ?? "";
  return after === "" ? {} : { after };
}

/** A cursor that is a number; what is none counts as absent. */
export function numberAsked(request: Request, cursor: string): number | undefined {
  const text = new URL(request.url).searchParams.get(cursor) ?? "";
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
