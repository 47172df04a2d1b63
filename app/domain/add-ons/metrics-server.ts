/** Processor time and memory of nodes and pods, as `kubectl top` and the HorizontalPodAutoscaler read them. */
import { z } from "zod";
import type { AddOn } from "./add-on.ts";

export const metricsServer: AddOn = {
  id: "metrics-server",
  versions: ["0.9.0"],
  settings: z.object({}),
  requires: [],
  provides: ["resource-metrics"],
  images: (version) => [`berth.invalid/metrics-server:v${version}`],
  memoryMiB: 64,
  checks: ["resource-metrics"],
};
