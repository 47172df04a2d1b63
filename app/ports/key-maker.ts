import type { PublicKeys } from "#app/domain/cluster/spec-input.ts";
import type { ClusterPki, ClusterSecrets } from "#app/domain/cluster/spec.ts";

/** The secrets of a cluster together with the public halves that its spec carries. */
export interface ClusterKeys {
  readonly secrets: ClusterSecrets;
  readonly publics: PublicKeys;
}

export interface UserKeyPair {
  /** OpenSSH one-line form, with comment. */
  readonly publicKey: string;
  /** OpenSSH PEM, without passphrase; shown once, never stored. */
  readonly privateKey: string;
}

/** Who a client certificate speaks for, as Kubernetes reads it. */
export interface ClientIdentity {
  /** User name (CN). */
  readonly user: string;
  /** Group (O): what its members may do, the cluster's role bindings say. */
  readonly group: string;
}

/** PEM documents. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Makes keys, certificates and tokens. Everything is made on the portal's host, so that machines can be told whom to trust. */
export interface KeyMaker {
  /** For a new cluster: `machineNames` are all its machines, `now` (epoch ms) starts the certificates' validity. */
  make(machineNames: readonly string[], now: number): Promise<ClusterKeys>;
  /** Keeps every key there is and adds host keys and tokens for machines that have none; `publics` covers all of them. */
  extend(secrets: ClusterSecrets, machineNames: readonly string[]): Promise<ClusterKeys>;
  /**
   * A client certificate of the cluster's authority with a key pair made for it alone; nothing of it is kept. It ends
   * after `lifetimeMs`, or with the authority if that is sooner.
   */
  clientCertificate(pki: ClusterPki, who: ClientIdentity, now: number, lifetimeMs: number): Promise<ClientCertificate>;
  /** A key pair for a person to enter machines with. */
  userKeyPair(comment: string): Promise<UserKeyPair>;
}
