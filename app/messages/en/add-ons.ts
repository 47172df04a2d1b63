/** Add-ons by id: the name, and one sentence on what it is for. */
export const addOn = {
  "metrics-server": {
    name: "Metrics Server",
    line: "Measures processor time and memory of nodes and pods, for kubectl top and the HorizontalPodAutoscaler.",
  },
} as const;
