/** Released files come through the proxies that Go, npm and apt use. */
import { setGlobalProxyFromEnv } from "node:http";

/** Settings of proxies as Node.js takes them: with a scheme. Null where none is set. */
export function proxySettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv | null {
  const set = Object.entries(env).filter(([name, value]) => /^https?_proxy$/i.test(name) && value !== undefined && value !== "");
  if (set.length === 0) return null;
  return { ...env, ...Object.fromEntries(set.map(([name, value = ""]) => [name, value.includes("://") ? value : `http://${value}`])) };
}

/** Of this process, for fetch. A proxy that cannot be one leaves fetch as it is: then nothing answers, and set-up compiles. */
export function fetchThroughProxies(env: NodeJS.ProcessEnv): void {
  const settings = proxySettings(env);
  if (settings === null) return;
  try {
    setGlobalProxyFromEnv(settings);
  } catch {
    // Go names what is wrong with it, where it needs the proxy.
  }
}
