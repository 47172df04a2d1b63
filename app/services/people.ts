/** API tokens of a person, and invitations of further people. */
import { can, thePortal } from "#app/domain/access.ts";
import { notFound, Problem } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import type { SecretMaker } from "#app/ports/secret-maker.ts";
import { allow } from "./gate.ts";
import type { PeopleServices, TokenView } from "./portal.ts";
import { inviteDays, localPersonId } from "./sessions.ts";

export interface PeopleDeps {
  readonly people: PeopleStore;
  readonly secrets: SecretMaker;
  readonly now: () => number;
  /** Address of the portal without a slash at the end, for links. */
  readonly publicUrl: string;
}

const day = 86_400_000;

export function createPeople(deps: PeopleDeps): PeopleServices {
  return {
    tokens: async (actor) => {
      allow(actor, "token.read", thePortal);
      return (await deps.people.tokens(actor.personId)).map(tokenView);
    },
    createToken: (actor, wish) => createToken(deps, actor, wish),
    revokeToken: async (actor, id) => {
      allow(actor, "token.revoke", thePortal);
      if (!(await deps.people.revokeToken(actor.personId, id))) throw notFound();
    },
    invite: (actor, wish) => invite(deps, actor, wish),
  };
}

/** Only what is meant to be seen: a store may carry more. */
const tokenView = ({ id, label, createdAt, expiresAt }: TokenView): TokenView => ({ id, label, createdAt, expiresAt });

async function createToken(deps: PeopleDeps, actor: Actor, wish: { readonly label: string; readonly days: number | null }) {
  allow(actor, "token.create", thePortal);
  // The machine's own administrator has no account that a token could belong to.
  if (actor.personId === localPersonId) throw new Problem({ code: "not-allowed", verb: "token.create" });
  const secret = `berth_${deps.secrets.secret()}`;
  const createdAt = deps.now();
  const expiresAt = wish.days === null ? null : createdAt + wish.days * day;
  const token: TokenView = { id: deps.secrets.id(), label: wish.label, createdAt, expiresAt };
  await deps.people.addToken({ ...token, hash: deps.secrets.digest(secret), personId: actor.personId });
  return { token, secret };
}

async function invite(deps: PeopleDeps, actor: Actor, wish: { readonly operator: boolean }) {
  if (!can(actor, "invite.create", thePortal)) throw new Problem({ code: "not-allowed", verb: "invite.create" });
  const secret = deps.secrets.secret();
  const createdAt = deps.now();
  const expiresAt = createdAt + inviteDays * day;
  const createdBy = actor.personId === localPersonId ? null : actor.personId;
  await deps.people.addInvite({ hash: deps.secrets.digest(secret), operator: wish.operator, createdBy, createdAt, expiresAt });
  return { link: `${deps.publicUrl}/join/${secret}`, expiresAt };
}
