/** What a browser sends of the cluster form when everything in it is right. */
export const validForm = {
  name: "wharf",
  kubernetesVersion: "1.35.4",
  controlPlaneSize: "small",
  controlPlaneDiskGiB: "20",
  "pools[0].name": "workers",
  "pools[0].count": "2",
  "pools[0].size": "small",
  "pools[0].diskGiB": "20",
  sshKeyMode: "none",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
} as const;
