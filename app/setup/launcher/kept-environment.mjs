/** Which settings of a person's environment go with Berth through sudo, which drops everything that is not named: pure. */

const named = new Set([
  ...["GOFLAGS", "GOTOOLCHAIN", "GOPROXY", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOINSECURE", "GOENV", "GOAUTH", "GOVCS"],
  ...["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"],
]);

/** Proxies are written in either case. */
const proxy = /^(https?|ftp|all|no)_proxy$/i;

/** Folders and files that npm writes: root must not leave files of its own in a person's home. */
const writtenByNpm = /^npm_config_(cache|prefix|global_?prefix|local_?prefix|init_?module|logs_?dir|tmp)$/i;
const npmSetting = /^npm_config_/i;

const isKept = (name) =>
  name.startsWith("BERTH_") || named.has(name) || proxy.test(name) || (npmSetting.test(name) && !writtenByNpm.test(name));

/** sudo takes the names in one list, which a name with another character would break. */
const isPlainName = (name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

/** Names of the variables to hand over, in order. */
export const keptThroughSudo = (env) =>
  Object.keys(env)
    .filter((name) => isPlainName(name) && isKept(name))
    .sort();
