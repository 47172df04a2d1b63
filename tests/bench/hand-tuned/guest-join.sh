#!/usr/bin/env bash
# On the worker: kubeadm asks from the first moment on, and a busy control plane is asked again.
set -euo pipefail
for try in 1 2 3 4 5; do
  ! timeout 1620 kubeadm join --config /root/hand/join.yaml --skip-phases=preflight || exit 0
  [ ! -e /etc/kubernetes/kubelet.conf ] || { systemctl start kubelet; exit 0; }
  echo "joining again after attempt $try" >&2
  kubeadm reset --force >/dev/null 2>&1 || true
done
exit 1
