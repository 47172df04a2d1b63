/** The container image of metrics-server. */
import type { AddOnImages } from "./add-on.ts";

const version = "0.9.0";

export const metricsServer: AddOnImages = {
  id: "metrics-server",
  images: [
    {
      name: "metrics-server",
      version,
      package: "sigs.k8s.io/metrics-server/cmd/metrics-server",
      // What it calls itself in its requests and its journal.
      set: { "k8s.io/client-go/pkg/version.gitVersion": `v${version}` },
      estimate: 180,
    },
  ],
};
