/** People, tenants and what binds them. */
export interface Person {
  readonly id: string;
  /** Sign-in name: lower-case RFC 1123 label. */
  readonly name: string;
  /** The operator of this Berth sees everything; everyone else only the tenants they belong to. */
  readonly operator: boolean;
  readonly createdAt: number;
}

export const memberRoles = ["owner", "member", "viewer"] as const;
export type MemberRole = (typeof memberRoles)[number];

export interface Tenant {
  readonly id: string;
  /** RFC 1123 label, unique. */
  readonly slug: string;
  readonly createdAt: number;
}

/** Who asks: resolved once per request from a session or an API token. */
export interface Actor {
  readonly personId: string;
  readonly name: string;
  readonly operator: boolean;
  /** tenantId → role. */
  readonly memberships: Readonly<Record<string, MemberRole>>;
}
