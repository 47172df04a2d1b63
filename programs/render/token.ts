/** A bootstrap token as the Secret that the API server keeps it in. */

export const tokenId = (token: string): string => token.split(".")[0] ?? "";

/** A manifest for `kubectl apply`; as secret as the token. Without expiry: it is deleted when its machine is a member. */
export function renderTokenSecret(token: string, description: string): string {
  const [id = "", secret = ""] = token.split(".");
  return `${JSON.stringify({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: `bootstrap-token-${id}`, namespace: "kube-system" },
    type: "bootstrap.kubernetes.io/token",
    stringData: {
      description,
      "token-id": id,
      "token-secret": secret,
      "usage-bootstrap-authentication": "true",
      "usage-bootstrap-signing": "true",
      "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
    },
  })}\n`;
}
