#!/usr/bin/env bash
# On the control plane: waits for the end that the portal waits for, too. Arguments: the nodes.
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf
until_ok() { until timeout 120 "$@" >/dev/null 2>&1; do sleep 2; done; }
for node in "$@"; do until_ok kubectl get node "$node"; done
kubectl wait --for=condition=Ready --timeout=900s "${@/#/node/}"
kubectl -n kube-system wait --for=condition=Available --timeout=900s deployment/coredns
cat > /root/hand/lookup.json <<POD
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"lookup","namespace":"default"},"spec":{"restartPolicy":"OnFailure","terminationGracePeriodSeconds":0,"automountServiceAccountToken":false,"containers":[{"name":"lookup","image":"berth.invalid/probe:1","imagePullPolicy":"IfNotPresent","args":["lookup","kubernetes.default.svc.cluster.local"]}]}}
POD
until_ok kubectl apply --validate=false -f /root/hand/lookup.json
answered() { [ "$(timeout 60 kubectl get pod lookup -o 'jsonpath={.status.phase}')" = Succeeded ]; }
until answered; do sleep 2; done
kubectl get nodes
