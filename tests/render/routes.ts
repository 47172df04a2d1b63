/** The portal's routes as Remix finds them by file name, for rendering without a build. */
import type { ComponentType } from "react";
import type { RouteObject } from "react-router-dom";

interface RouteModule {
  readonly default?: ComponentType;
  readonly loader?: RouteObject["loader"];
  readonly action?: RouteObject["action"];
}

const modules = import.meta.glob<RouteModule>("../../app/routes/*.tsx", { eager: true });

/** `tenants.$tenant._index.tsx` → `tenants/:tenant`. */
export const pathOf = (file: string): string =>
  file
    .replace(/^.*\/app\/routes\//, "")
    .replace(/\.tsx$/, "")
    .split(".")
    .filter((part) => part !== "_index")
    .map((part) => (part === "$" ? "*" : part.replace(/^\$/, ":").replace(/_$/, "")))
    .join("/");

export const routes: RouteObject[] = Object.entries(modules).map(([file, module]) => ({
  id: file,
  path: `/${pathOf(file)}`,
  ...(module.default === undefined ? {} : { Component: module.default }),
  ...(module.loader === undefined ? {} : { loader: module.loader }),
  ...(module.action === undefined ? {} : { action: module.action }),
}));
