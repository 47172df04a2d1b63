/** What a specification says about the cluster as a whole. */
import type { TFunction } from "i18next";
import { useTranslation } from "#app/components/text/use-translation.ts";
import {
  addOnsOf,
  type ClusterSpec,
  controlPlaneOf,
  kubernetesOf,
  networkOf,
  type NodePoolSpec,
  poolsOf,
  servicesOf,
} from "#app/domain/cluster/spec.ts";
import { taintText } from "#app/domain/cluster/spec-changes.ts";
import { addOnName } from "#app/components/text/add-on-text.ts";
import { serviceName } from "#app/components/text/service-text.ts";
import { blueprintText } from "#app/components/text/blueprint-text.ts";
import type { StateSize } from "#app/ports/stack-engine.ts";
import { bytesOf, gibOf } from "#app/ui/amounts.ts";
import { Facts } from "#app/ui/facts.tsx";

/** `state`: space that the engine's state takes; left out where it is not about the present. */
export function SpecFacts({ spec, state = null }: { readonly spec: ClusterSpec; readonly state?: StateSize | null }) {
  const { t } = useTranslation();
  const { version, podCidr, serviceCidr } = kubernetesOf(spec);
  const facts = [
    { term: t("cluster.blueprint"), value: blueprintText(spec.blueprint, t) },
    { term: t("cluster.version"), value: version },
    { term: t("cluster.image"), value: controlPlaneOf(spec).image.name },
    { term: t("cluster.endpoint"), value: <EndpointFacts spec={spec} /> },
    { term: t("cluster.network"), value: <code>{networkOf(spec).cidr}</code> },
    { term: t("cluster.pods"), value: <code>{podCidr}</code> },
    { term: t("cluster.services"), value: <code>{serviceCidr}</code> },
    ...poolsOf(spec).map((pool) => ({ term: t("cluster.pool", { pool: pool.name }), value: <PoolFacts pool={pool} /> })),
    ...serviceFacts(spec, t),
    ...addOnFacts(spec, t),
    { term: t("cluster.profile"), value: t(`cluster.${spec.profile}`) },
    ...(state === null
      ? []
      : [{ term: t("cluster.state"), value: t("cluster.stateSize", { size: bytesOf(state.bytes), count: state.checkpoints }) }]),
  ];
  return <Facts facts={facts} compact />;
}

const serviceFacts = (spec: ClusterSpec, t: TFunction) =>
  servicesOf(spec).length === 0
    ? []
    : [
        {
          term: t("cluster.serviceMachines"),
          value: servicesOf(spec)
            .map(({ kind, machines }) => `${serviceName(kind, t)}: ${machines.join(", ")}`)
            .join("; "),
        },
      ];

const addOnFacts = (spec: ClusterSpec, t: TFunction) =>
  addOnsOf(spec).length === 0
    ? []
    : [
        {
          term: t("cluster.addOns"),
          value: addOnsOf(spec)
            .map(({ id, version }) => `${addOnName(id, t)} ${version}`)
            .join(", "),
        },
      ];

function EndpointFacts({ spec }: { readonly spec: ClusterSpec }) {
  const { t } = useTranslation();
  const { endpoint, controlPlane } = kubernetesOf(spec);
  if (endpoint === null) return t("word.none");
  return (
    <>
      <code>
        {endpoint.address}:{endpoint.port}
      </code>{" "}
      {endpoint.virtual
        ? t("cluster.endpointVirtual", { nodes: controlPlane.join(t("word.and")) })
        : t("cluster.endpointOwn", { node: controlPlane[0] ?? "" })}
    </>
  );
}

function PoolFacts({ pool: { vcpus, memoryMiB, diskGiB, nodes, labels, taints } }: { readonly pool: NodePoolSpec }) {
  const { t } = useTranslation();
  const settings = [...Object.entries(labels).map(([key, value]) => `${key}=${value}`), ...taints.map(taintText)];
  return (
    <>
      {t("cluster.poolMachines", { count: nodes.length })} · {t("cluster.sizeValue", { vcpus, memory: gibOf(memoryMiB), disk: diskGiB })}
      {settings.map((setting) => (
        <span key={setting}>
          {" "}
          <code>{setting}</code>
        </span>
      ))}
    </>
  );
}
