/** What a specification says about the cluster as a whole. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { StateSize } from "#app/ports/stack-engine.ts";
import { bytesOf } from "#app/ui/amounts.ts";
import { Facts } from "#app/ui/facts.tsx";

/** `state`: room that the engine's state takes; left out where it is not about the present. */
export function SpecFacts({ spec, state = null }: { readonly spec: ClusterSpec; readonly state?: StateSize | null }) {
  const { t } = useTranslation();
  const facts = [
    { term: t("cluster.blueprint"), value: spec.blueprint === "single" ? t("form.blueprintSingle") : t("form.blueprintMachines") },
    { term: t("cluster.version"), value: spec.kubernetesVersion },
    { term: t("cluster.image"), value: spec.image.name },
    { term: t("cluster.network"), value: <code>{spec.network.cidr}</code> },
    { term: t("cluster.pods"), value: <code>{spec.network.podCidr}</code> },
    { term: t("cluster.services"), value: <code>{spec.network.serviceCidr}</code> },
    { term: t("cluster.profile"), value: t(`cluster.${spec.profile}`) },
    ...(state === null ? [] : [{ term: t("cluster.state"), value: t("cluster.stateSize", { size: bytesOf(state.bytes), count: state.checkpoints }) }]),
  ];
  return <Facts facts={facts} compact />;
}
