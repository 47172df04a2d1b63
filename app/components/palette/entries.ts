/** Everything one can go to, with the words by which it is found. */
import type { TFunction } from "i18next";
import type { Findable } from "#app/services/portal-lists.ts";
import { titleOf } from "#app/components/operations/operation-title.ts";
import {
  clusterPath,
  dashboardPath,
  destroyPath,
  editPath,
  newClusterPath,
  operationPath,
  operationsPath,
  preferencesPath,
  tenantPath,
} from "#app/components/shell/paths.ts";

export const entryGroups = ["clusters", "actions", "pages", "operations"] as const;

export interface Entry {
  readonly group: (typeof entryGroups)[number];
  readonly label: string;
  /** Beside the label: tenant, state. */
  readonly detail: string;
  readonly to: string;
}

export const entriesOf = (findable: Findable, t: TFunction): readonly Entry[] => [
  ...clusterEntries(findable, t),
  ...actionEntries(findable, t),
  ...pageEntries(findable, t),
  ...operationEntries(findable, t),
];

const clusterEntries = ({ clusters }: Findable, t: TFunction): readonly Entry[] =>
  clusters.map((cluster) => ({
    group: "clusters",
    label: cluster.name,
    detail: `${cluster.tenant} · ${t(`clusterState.${cluster.state}.word`)}`,
    to: clusterPath(cluster),
  }));

function actionEntries({ tenants, clusters }: Findable, t: TFunction): readonly Entry[] {
  const makers = new Set(tenants.filter(({ create }) => create).map(({ slug }) => slug));
  const own = clusters.filter((cluster) => makers.has(cluster.tenant) && cluster.state !== "gone");
  return [
    ...[...makers].map(
      (tenant): Entry => ({ group: "actions", label: t("search.create", { tenant }), detail: "", to: newClusterPath(tenant) }),
    ),
    ...own.map(
      (cluster): Entry => ({
        group: "actions",
        label: t("search.change", { cluster: cluster.name }),
        detail: cluster.tenant,
        to: editPath(cluster),
      }),
    ),
    ...own
      .filter(({ state }) => state !== "draft")
      .map(
        (cluster): Entry => ({
          group: "actions",
          label: t("search.destroy", { cluster: cluster.name }),
          detail: cluster.tenant,
          to: destroyPath(cluster),
        }),
      ),
  ];
}

function pageEntries({ operator, tenants }: Findable, t: TFunction): readonly Entry[] {
  const page = (label: string, to: string): Entry => ({ group: "pages", label, detail: "", to });
  return [
    page(t("shell.nav.dashboard"), dashboardPath),
    page(t("shell.nav.operations"), operationsPath),
    page(t("shell.nav.images"), "/images"),
    ...(operator ? [page(t("shell.nav.setup"), "/setup")] : []),
    page(operator ? t("shell.nav.people") : t("shell.nav.tokens"), "/people"),
    page(t("shell.account.preferences"), preferencesPath),
    ...tenants.map(({ slug }) => page(t("search.tenant", { tenant: slug }), tenantPath(slug))),
  ];
}

const operationEntries = ({ operations }: Findable, t: TFunction): readonly Entry[] =>
  operations.map((operation) => ({
    group: "operations",
    label: titleOf(operation, t),
    detail: `${operation.tenant} · ${t(`operationState.${operation.state}.word`)}`,
    to: operationPath(operation.id),
  }));

const perGroup = 8;

/** Every word must be found in label or detail. Groups keep their order; within one, what begins with the text comes first. */
export function matching(entries: readonly Entry[], text: string): readonly Entry[] {
  const words = folded(text)
    .split(/\s+/)
    .filter((word) => word !== "");
  const found = entries.filter((entry) => words.every((word) => folded(`${entry.label} ${entry.detail}`).includes(word)));
  const first = words[0] ?? "";
  const rank = (entry: Entry): number => (folded(entry.label).startsWith(first) ? 0 : 1);
  return entryGroups.flatMap((group) =>
    found
      .filter((entry) => entry.group === group)
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, perGroup),
  );
}

/** What the portal found, and the text that it was asked. */
export interface SearchAnswer {
  readonly text: string;
  readonly findable: Findable;
}

export interface SearchResult {
  readonly found: readonly Entry[];
  /** The portal has not answered for this text yet: something more may be found. */
  readonly pending: boolean;
}

/** Searches what the last answer brought, until there is one for the text that is typed now. */
export const resultOf = (answer: SearchAnswer | undefined, text: string, t: TFunction): SearchResult => ({
  found: answer === undefined ? [] : matching(entriesOf(answer.findable, t), text),
  pending: answer?.text !== text.trim(),
});

const folded = (text: string): string => text.normalize("NFC").toLowerCase();
