/** What a specification says about the cluster as a whole. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import { type ClusterSpec, controlPlaneOf, kubernetesOf, networkOf } from "#app/domain/cluster/spec.ts";
import { blueprintText } from "#app/components/text/blueprint-text.ts";
import type { StateSize } from "#app/ports/stack-engine.ts";
import { bytesOf } from "#app/ui/amounts.ts";
import { Facts } from "#app/ui/facts.tsx";

/** `state`: room that the engine's state takes; left out where it is not about the present. */
export function SpecFacts({ spec, state = null }: { readonly spec: ClusterSpec; readonly state?: StateSize | null }) {
  const { t } = useTranslation();
  const { version, podCidr, serviceCidr } = kubernetesOf(spec);
  const facts = [
    { term: t("cluster.blueprint"), value: blueprintText(spec.blueprint, t) },
    { term: t("cluster.version"), value: version },
    { term: t("cluster.image"), value: controlPlaneOf(spec).image.name },
    { term: t("cluster.network"), value: <code>{networkOf(spec).cidr}</code> },
    { term: t("cluster.pods"), value: <code>{podCidr}</code> },
    { term: t("cluster.services"), value: <code>{serviceCidr}</code> },
    { term: t("cluster.profile"), value: t(`cluster.${spec.profile}`) },
    ...(state === null ? [] : [{ term: t("cluster.state"), value: t("cluster.stateSize", { size: bytesOf(state.bytes), count: state.checkpoints }) }]),
  ];
  return <Facts facts={facts} compact />;
}
