/** API tokens of a person, and invitations of further people. */
import { can, thePortal } from "#app/domain/access.ts";
import { notFound, Problem } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { fits } from "#app/domain/text/machine-words.ts";
import { mostTokens, type PeopleStore, type PersonRecord, TooManyTokens } from "#app/ports/people-store.ts";
import type { SecretMaker } from "#app/ports/secret-maker.ts";
import { allow } from "#app/services/access/authorized-lookup.ts";
import { asked, pageOf } from "#app/services/pages.ts";
import type { PeopleServices, PersonView, TokenView } from "./portal-people.ts";
import { type KeyedRequest, noTenant, secretFor } from "#app/services/idempotent-requests.ts";
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
      return (await deps.people.tokens(actor.personId, deps.now())).map(tokenView);
    },
    list: async (actor, page) => {
      if (!can(actor, "people.read", thePortal)) throw notFound();
      const { people, ...paged } = await deps.people.people(asked(page ?? {}, "label"));
      return { people: people.map((person) => personView(actor, person)), ...pageOf(paged, people, (person) => person.name) };
    },
    setDisabled: (actor, personId, disabled) => setDisabled(deps, actor, personId, disabled),
    createToken: (actor, request, keyed) => createToken(deps, actor, request, keyed ?? null),
    revokeToken: async (actor, id) => {
      allow(actor, "token.revoke", thePortal);
      if (!fits("id", id) || !(await deps.people.revokeToken(actor.personId, id))) throw notFound();
    },
    invite: (actor, request, keyed) => invite(deps, actor, request, keyed ?? null),
  };
}

/** Only what is meant to be seen: a store may carry more. */
const tokenView = ({ id, label, createdAt, expiresAt }: TokenView): TokenView => ({ id, label, createdAt, expiresAt });

const personView = (
  actor: Actor,
  { id, name, operator, createdAt, disabledAt, lastSignInAt, tenants, tenantCount }: PersonRecord,
): PersonView => ({
  id,
  name,
  operator,
  createdAt,
  disabledAt,
  lastSignInAt,
  tenants,
  tenantCount,
  may: { disable: disabledAt === null && id !== actor.personId, enable: disabledAt !== null },
});

async function setDisabled(deps: PeopleDeps, actor: Actor, personId: string, disabled: boolean): Promise<void> {
  allow(actor, "people.disable", thePortal);
  if (personId === actor.personId) throw new Problem({ code: "wrong-state", verb: "people.disable", state: "oneself" });
  if (!fits("id", personId) || !(await deps.people.setDisabled(personId, disabled ? deps.now() : null))) throw notFound();
}

type TokenRequest = Parameters<PeopleServices["createToken"]>[1];

async function createToken(deps: PeopleDeps, actor: Actor, request: TokenRequest, keyed: KeyedRequest | null) {
  allow(actor, "token.create", thePortal);
  // The machine's own administrator has no account that a token could belong to.
  if (actor.personId === localPersonId) throw new Problem({ code: "not-allowed", verb: "token.create" });
  const secret = await secretFor(keyed, noTenant, async () => `berth_${deps.secrets.secret()}`);
  const createdAt = deps.now();
  const token: TokenView = {
    id: keyed?.id ?? deps.secrets.id(),
    label: request.label,
    createdAt,
    expiresAt: request.days === null ? null : createdAt + request.days * day,
  };
  // What an earlier attempt of the same request added makes way for this one.
  if (keyed?.resumed) await deps.people.revokeToken(actor.personId, keyed.id);
  await deps.people.addToken({ ...token, hash: deps.secrets.digest(secret), personId: actor.personId }).catch(refuseMoreTokens);
  return { token, secret };
}

function refuseMoreTokens(error: unknown): never {
  if (error instanceof TooManyTokens) throw new Problem({ code: "too-many-tokens", limit: mostTokens });
  throw error;
}

async function invite(deps: PeopleDeps, actor: Actor, request: { readonly operator: boolean }, keyed: KeyedRequest | null) {
  if (!can(actor, "invite.create", thePortal)) throw new Problem({ code: "not-allowed", verb: "invite.create" });
  const secret = await secretFor(keyed, noTenant, async () => deps.secrets.secret());
  const createdAt = deps.now();
  const createdBy = actor.personId === localPersonId ? null : actor.personId;
  const kept = await deps.people.addInvite({
    hash: deps.secrets.digest(secret),
    operator: request.operator,
    createdBy,
    createdAt,
    expiresAt: createdAt + inviteDays * day,
  });
  return { link: `${deps.publicUrl}/join/${secret}`, expiresAt: kept.expiresAt };
}
