/** Released files come through the proxies that Go, npm and apt use. */
import { setGlobalProxyFromEnv } from "node:http";

/** Of this process, for fetch. Nothing changes where no proxy is set. */
export function useProxySettings(env: NodeJS.ProcessEnv): void {
  if (Object.keys(env).some((name) => /^https?_proxy$/i.test(name) && env[name] !== "")) setGlobalProxyFromEnv(env);
}
