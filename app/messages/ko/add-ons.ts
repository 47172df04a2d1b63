/** Add-ons by id, in Korean. */
export const addOn = {
  "metrics-server": {
    name: "Metrics Server",
    line: "kubectl top과 HorizontalPodAutoscaler가 쓰는 노드와 Pod의 CPU·메모리 사용량을 측정합니다.",
  },
} as const;
