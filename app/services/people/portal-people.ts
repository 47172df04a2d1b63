/** What the portal can do about people and their tokens; part of the portal's services. */
import type { person, token } from "#app/contract/people.ts";
import type { Answer } from "#app/contract/shapes.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { PageRequest, PersonListPage } from "#app/services/portal-lists.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";

export type TokenView = Answer<typeof token>;

/** A person as operators see them: nothing secret. */
export type PersonView = Answer<typeof person>;

export interface PeopleServices {
  /** Operators only, by name; for everybody else `not-found`. */
  list(actor: Actor, page?: PageRequest): Promise<PersonListPage>;
  /** Operators only. Disabled, a person's sessions end at once and tokens rest. Problem `wrong-state` about oneself. */
  setDisabled(actor: Actor, personId: string, disabled: boolean): Promise<void>;
  /** This person's API tokens; the secrets are not among them. */
  tokens(actor: Actor): Promise<readonly TokenView[]>;
  /** `secret` is shown once. `days` null: no end. */
  createToken(
    actor: Actor,
    t: { readonly label: string; readonly days: number | null },
    keyed?: KeyedRequest | null,
  ): Promise<{ readonly token: TokenView; readonly secret: string }>;
  revokeToken(actor: Actor, id: string): Promise<void>;
  /** Operators only. `link` is a whole address with `/join/:secret`, shown in the answer alone. */
  invite(
    actor: Actor,
    i: { readonly operator: boolean },
    keyed?: KeyedRequest | null,
  ): Promise<{ readonly link: string; readonly expiresAt: number }>;
}
