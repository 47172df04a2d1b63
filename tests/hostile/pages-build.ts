/** The portal's pages as Remix builds them, made from the sources: requests then run through Remix's own server. */
import type { ServerBuild } from "@remix-run/server-runtime";
import { pathOf } from "#tests/render/routes.ts";
import * as entry from "#app/entry.server.tsx";
import * as root from "#app/root.tsx";

type RouteModule = ServerBuild["routes"][string]["module"];

const modules = import.meta.glob<RouteModule>("../../app/routes/*.tsx", { eager: true });

const routes = Object.fromEntries(
  Object.entries(modules).map(([file, module]) => {
    const path = pathOf(file);
    return [file, { id: file, parentId: "root", ...(path === "" ? { index: true as const } : { path }), module }];
  }),
);

const manifestOf = ({ id, module, ...route }: { readonly id: string; readonly module: RouteModule }) => ({
  ...route,
  id,
  module: `/assets/${encodeURIComponent(id)}.js`,
  hasAction: "action" in module,
  hasLoader: "loader" in module,
  hasErrorBoundary: "ErrorBoundary" in module,
});

const all = { root: { id: "root", path: "", module: root as RouteModule }, ...routes };

export const pagesBuild = {
  entry: { module: entry },
  routes: all,
  assets: {
    entry: { imports: [], module: "/assets/entry.js" },
    routes: Object.fromEntries(Object.entries(all).map(([id, route]) => [id, manifestOf(route)])),
    url: "/assets/manifest.js",
    version: "test",
  },
  publicPath: "/",
  assetsBuildDirectory: "build/client",
  future: {
    v3_fetcherPersist: true,
    v3_lazyRouteDiscovery: true,
    v3_relativeSplatPath: true,
    v3_singleFetch: true,
    v3_throwAbortReason: true,
    unstable_optimizeDeps: false,
    v3_routeConfig: false,
  },
  isSpaMode: false,
  mode: "production",
} as unknown as ServerBuild;
