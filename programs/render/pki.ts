/** The certificate authorities and the service account key, laid where kubeadm finds and keeps them. */
import type { ClusterPki } from "#app/domain/cluster/spec.ts";
import type { BundledFile } from "./bundle.ts";

const folder = "/etc/kubernetes/pki";

export const renderPki = (pki: ClusterPki): readonly BundledFile[] => [
  { path: `${folder}/ca.crt`, mode: "0644", text: pki.caCert },
  { path: `${folder}/ca.key`, mode: "0600", text: pki.caKey },
  { path: `${folder}/etcd/ca.crt`, mode: "0644", text: pki.etcdCaCert },
  { path: `${folder}/etcd/ca.key`, mode: "0600", text: pki.etcdCaKey },
  { path: `${folder}/front-proxy-ca.crt`, mode: "0644", text: pki.frontProxyCaCert },
  { path: `${folder}/front-proxy-ca.key`, mode: "0600", text: pki.frontProxyCaKey },
  { path: `${folder}/sa.pub`, mode: "0644", text: pki.serviceAccountPublicKey },
  { path: `${folder}/sa.key`, mode: "0600", text: pki.serviceAccountKey },
];
