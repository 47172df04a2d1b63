import { expect, it } from "vitest";
import { proxySettings } from "./proxy.ts";

it.each([
  ["none", {}, null],
  ["an empty one", { https_proxy: "" }, null],
  ["one without a scheme, as Go and curl take it", { HTTPS_PROXY: "proxy:3128" }, { HTTPS_PROXY: "http://proxy:3128" }],
  [
    "one with a scheme and exceptions",
    { http_proxy: "http://proxy:1", no_proxy: "localhost" },
    { http_proxy: "http://proxy:1", no_proxy: "localhost" },
  ],
])("takes of the environment: %s", (_, env, settings) => expect(proxySettings(env as NodeJS.ProcessEnv)).toEqual(settings));
