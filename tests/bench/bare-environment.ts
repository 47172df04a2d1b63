import { join } from "node:path";

/** The environment of the reference: Pulumi's own, with what Berth's runs have too. */
export const bareEnvironment = (home: string, engineFolder: string): Record<string, string> => ({
  PULUMI_HOME: join(engineFolder, "home"),
  PULUMI_BACKEND_URL: `file://${home}`,
  PULUMI_CONFIG_PASSPHRASE: "bench",
  PULUMI_SKIP_UPDATE_CHECK: "true",
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
  PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
});
