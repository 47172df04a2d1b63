#!/usr/bin/env bash
# On the control plane. The controller manager and the scheduler give up on a slow API server and restart, so they are
# started when it is ready.
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf
mkdir -p /etc/kubernetes
cp -r /root/hand/pki /etc/kubernetes/
init() { kubeadm init --config /root/hand/init.yaml "--skip-phases=$1" >> /root/hand/init.out 2>&1 || { tail -n 40 /root/hand/init.out >&2; return 1; }; }
init preflight,control-plane/controller-manager,control-plane/scheduler,wait-control-plane,upload-config,upload-certs,mark-control-plane,bootstrap-token,kubelet-finalize,addon,show-join-command
until [ "$(timeout 60 kubectl get --raw /readyz 2>&1)" = ok ]; do sleep 2; done
late=preflight,certs,kubeconfig,etcd,control-plane/apiserver,kubelet-start,wait-control-plane,upload-certs,show-join-command
init "$late" || init "$late"
for try in 1 2 3 4 5; do
  ! timeout 180 kubectl apply --validate=false -f /root/hand/flannel.yaml || exit 0
  echo "trying flannel again after attempt $try" >&2
done
exit 1
