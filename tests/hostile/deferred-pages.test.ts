/** A page whose last part waits for libvirt holds up nobody else's page, whatever program asks for it. */
import { afterEach, expect, test } from "vitest";
import { calmHypervisor, makeCluster, type Rig, startRig } from "#tests/api/rig.ts";
import { allClusters } from "#tests/contract/fixtures.ts";
import { pagesBuild } from "./pages-build.ts";

let rig: Rig;
afterEach(() => rig.close());

test.each([
  "curl/8.5",
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
])("a page that waits for libvirt is sent as far as it is known to %s, and other pages come meanwhile", async (userAgent) => {
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const inventory = async (prefix: string | null) => {
    asked.resolve();
    await answer.promise;
    return await calmHypervisor.inventory(prefix);
  };
  rig = await startRig({ build: pagesBuild, hypervisor: { ...calmHypervisor, inventory } });
  const ada = await rig.person("ada");
  await makeCluster(rig, ada, "waiting");
  const [cluster] = await allClusters(rig.stores.clusters, null);
  await rig.stores.clusters.setState(cluster?.id ?? "", "ready", Date.now());
  const waiting = fetch(`${rig.url}/tenants/ada/clusters/waiting`, { headers: { "User-Agent": userAgent, Cookie: ada.cookie } });
  await asked.promise;
  const signIn = await fetch(`${rig.url}/sign-in`, { signal: AbortSignal.timeout(8_000) });
  expect([signIn.status, await signIn.text()]).toEqual([200, expect.stringContaining("</html>")]);
  expect((await waiting).status).toBe(200);
  answer.resolve();
  expect(await (await waiting).text()).toContain("waiting");
});
