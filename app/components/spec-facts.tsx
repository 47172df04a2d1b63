/** What a specification says about the cluster as a whole. */
import { useTranslation } from "react-i18next";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { Facts } from "#app/ui/facts.tsx";

export function SpecFacts({ spec }: { readonly spec: ClusterSpec }) {
  const { t } = useTranslation();
  const facts = [
    { term: t("cluster.blueprint"), value: spec.blueprint === "single" ? t("form.blueprintSingle") : t("form.blueprintMachines") },
    { term: t("cluster.version"), value: spec.kubernetesVersion },
    { term: t("cluster.image"), value: spec.image.name },
    { term: t("cluster.network"), value: <code>{spec.network.cidr}</code> },
    { term: t("cluster.pods"), value: <code>{spec.network.podCidr}</code> },
    { term: t("cluster.services"), value: <code>{spec.network.serviceCidr}</code> },
    { term: t("cluster.profile"), value: t(`cluster.${spec.profile}`) },
  ];
  return <Facts facts={facts} compact />;
}
