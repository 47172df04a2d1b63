import { describe, expect, it } from "vitest";
import { metricsServer as definition } from "#app/domain/add-ons/metrics-server.ts";
import { settingsOf } from "#programs/render/profile.ts";
import type { Manifest } from "./add-on.ts";
import { metricsServer } from "./metrics-server.ts";

const manifests = (profile: "emulated" | "accelerated") =>
  metricsServer.manifests({ version: definition.versions[0], settings: {}, profile: settingsOf({ profile }) });
const named = (all: readonly Manifest[], kind: string) => all.find((one) => one.kind === kind) ?? expect.fail(`no ${kind}`);

describe("metrics-server", () => {
  it("is put in by these objects", () => {
    expect(manifests("accelerated")).toMatchSnapshot();
  });

  it("reads emulated machines less often, and lets them take longer", () => {
    const text = JSON.stringify(named(manifests("emulated"), "Deployment"));
    expect(text).toContain("--metric-resolution=60s");
    // metrics-server does not start with a limit above nine tenths of that.
    expect(Number(/kubelet-request-timeout=(\d+)s/.exec(text)?.[1])).toBeLessThanOrEqual(54);
    expect(text).toContain(
      '"livenessProbe":{"httpGet":{"path":"/livez","port":"https","scheme":"HTTPS"},"timeoutSeconds":60,"failureThreshold":60,"periodSeconds":15}',
    );
  });

  it("makes the API point to it last, when everything that it points to is there", () => {
    expect(manifests("emulated").at(-1)?.kind).toBe("APIService");
  });

  it("runs on the control plane when no worker takes it", () => {
    expect(named(manifests("accelerated"), "Deployment").spec).toMatchObject({
      template: { spec: { tolerations: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }] } },
    });
  });
});
