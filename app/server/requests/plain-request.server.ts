/** Refuses addresses that different parsers read differently, before any rule or router sees them. */
import type { RequestHandler } from "express";
import { isName, isPlainTarget, segmentsOf } from "#app/domain/page-address.ts";
import { notFound, Problem } from "#app/domain/problem.ts";

/** Names with control characters, slashes or dots alone are nobody's; what is not even an address cannot be read. */
export const plainAddress: RequestHandler = (req, _res, next) => {
  const segments = isPlainTarget(req.originalUrl) ? segmentsOf(req.originalUrl.split("?", 1)[0] ?? "") : null;
  if (segments === null) return next(new Problem({ code: "unreadable" }));
  next(segments.every(isName) ? undefined : notFound());
};

/** No address of a page carries one; the API names the parameter that does. */
export const plainQuery: RequestHandler = (req, _res, next) => {
  const holdsNul = Object.entries(req.query).some((pair) => pair.flat(2).join().includes("\0"));
  next(holdsNul ? new Problem({ code: "unreadable" }) : undefined);
};
