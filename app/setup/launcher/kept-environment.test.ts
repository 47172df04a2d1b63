import { expect, it } from "vitest";
import { keptThroughSudo } from "./kept-environment.mjs";

it("hands on Berth's settings, Go's, certificates, proxies and npm's", () => {
  const names = [
    "BERTH_PORT",
    "GOFLAGS",
    "GOPROXY",
    "GOTOOLCHAIN",
    "HTTPS_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "http_proxy",
    "no_proxy",
    "npm_config_registry",
  ];
  expect(keptThroughSudo(Object.fromEntries(names.map((name) => [name, "x"])))).toEqual(names);
});

it("hands on nothing else: not the home, not a loader's settings, not npm's places that root would write in", () => {
  const names = [
    "HOME",
    "USER",
    "LD_PRELOAD",
    "NODE_OPTIONS",
    "PYTHONPATH",
    "npm_config_cache",
    "npm_config_prefix",
    "NPM_CONFIG_CACHE",
    "npm_config_global_prefix",
    "npm_lifecycle_event",
    "AWS_SECRET_ACCESS_KEY",
  ];
  expect(keptThroughSudo(Object.fromEntries(names.map((name) => [name, "x"])))).toEqual([]);
});

it("leaves out names that sudo's list cannot hold", () => {
  expect(keptThroughSudo({ "npm_config_//registry.example/:_authToken": "x", "BERTH_A,LD_PRELOAD": "x", BERTH_HOME: "x" })).toEqual([
    "BERTH_HOME",
  ]);
});
