/** Container images and paths that every node image holds; agreed with the role that builds it. */
export const probeImage = "berth.invalid/probe:1";
export const flannelImage = "berth.invalid/flannel:v0.28.4";
export const criSocket = "unix:///run/containerd/containerd.sock";
