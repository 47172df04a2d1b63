/** What the gateway outside the portal's namespaces forwards: one TCP port to one guest port. */
export interface PublishedPort {
  readonly port: number;
  readonly host: string;
  readonly targetPort: number;
}

export interface PublishedPorts {
  /** Replaces the whole list in one step: a reader sees the old or the new one. */
  replace(ports: readonly PublishedPort[]): Promise<void>;
}
