/** States of clusters and operations, as icon and word with their sentence. */
import type { ComponentType } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ClusterState } from "#app/domain/cluster/cluster.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import type { ClusterSummary } from "#app/services/portal.ts";
import { Badge, type Tone } from "#app/ui/badge.tsx";
import {
  BanIcon,
  CheckCircleIcon,
  ExclamationCircleIcon,
  ExclamationTriangleIcon,
  InProgressIcon,
  MinusCircleIcon,
  OutlinedClockIcon,
  OutlinedFileIcon,
  PauseCircleIcon,
} from "#app/ui/icons.tsx";

interface StateStyle {
  readonly tone: Tone;
  readonly icon: ComponentType;
}

const clusterStyles: Readonly<Record<ClusterState, StateStyle>> = {
  draft: { tone: "quiet", icon: OutlinedFileIcon },
  provisioning: { tone: "active", icon: InProgressIcon },
  ready: { tone: "good", icon: CheckCircleIcon },
  degraded: { tone: "warning", icon: ExclamationTriangleIcon },
  destroying: { tone: "active", icon: InProgressIcon },
  gone: { tone: "quiet", icon: MinusCircleIcon },
};

const operationStyles: Readonly<Record<OperationState, StateStyle>> = {
  queued: { tone: "quiet", icon: OutlinedClockIcon },
  running: { tone: "active", icon: InProgressIcon },
  succeeded: { tone: "good", icon: CheckCircleIcon },
  failed: { tone: "bad", icon: ExclamationCircleIcon },
  cancelled: { tone: "quiet", icon: BanIcon },
  interrupted: { tone: "warning", icon: PauseCircleIcon },
};

type Shown = Pick<ClusterSummary, "state" | "liveRevision" | "power">;

/**
 * The API has one state for what is two to a person: a cluster that was never finished is not one that has lost something, and one
 * that is saved is not ready for use.
 */
export function clusterWord({ state, liveRevision, power }: Shown): ClusterState | "incomplete" | "saved" {
  if (state === "degraded" && liveRevision === 0) return "incomplete";
  return state === "ready" && power === "saved" ? "saved" : state;
}

const savedStyle: StateStyle = { tone: "quiet", icon: PauseCircleIcon };

export function ClusterBadge({ cluster }: { readonly cluster: Shown }) {
  const { t } = useTranslation();
  const word = clusterWord(cluster);
  return (
    <Badge {...(word === "saved" ? savedStyle : clusterStyles[cluster.state])} hint={t(`clusterState.${word}.hint`)}>
      {t(`clusterState.${word}.word`)}
    </Badge>
  );
}

export function OperationBadge({ state }: { readonly state: OperationState }) {
  const { t } = useTranslation();
  return (
    <Badge {...operationStyles[state]} hint={t(`operationState.${state}.hint`)}>
      {t(`operationState.${state}.word`)}
    </Badge>
  );
}
