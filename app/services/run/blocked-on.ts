/** Whose turn it is while an operation is interrupted: not written anywhere, but looked up when it is asked for. */
import pTimeout from "p-timeout";
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import { type ClusterSpec, controlPlaneOf } from "#app/domain/cluster/spec.ts";
import { targetOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { mostResumes } from "#app/domain/operation/recovery.ts";
import { type BlockedOn, blockedOn } from "#app/domain/operation/interruption-status.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { SetupStatus } from "#app/ports/setup-status.ts";
import { once } from "#app/services/clusters/lookup.ts";
import { idleResumes } from "#app/services/run/recover-stack.ts";

export interface TurnDeps {
  readonly clusters: ClusterStore;
  readonly journal: Journal;
  readonly setupStatus: SetupStatus;
  readonly hostAnswers: (hostId: HostId) => Promise<boolean>;
  /** Whether interrupted operations continue automatically. */
  readonly autoResume: boolean;
}

/** Each host's libvirt and the images are asked once, for however many operations. */
export function turnReader(deps: TurnDeps): (o: Operation, spec: ClusterSpec | undefined) => Promise<BlockedOn> {
  const answers = new Map<HostId, Promise<boolean>>();
  let images: ReturnType<SetupStatus["images"]> | undefined;
  return async (o, spec) => {
    images ??= deps.setupStatus.images();
    return blockedOn({
      autoResume: deps.autoResume,
      gaveUp: (await idleResumes(deps, o.id)) >= mostResumes,
      libvirtAnswers: spec === undefined || (await once(answers, spec.hostId, () => answersSoon(deps.hostAnswers(spec.hostId)))),
      // A teardown needs none.
      imageThere:
        !targetOf(o).makesRevisionLive ||
        (await images).some((i) => spec !== undefined && i.contentHash === controlPlaneOf(spec).image.contentHash),
    });
  };
}

const patienceMs = 2_000;

/** A page does not wait for a libvirt that hangs. */
const answersSoon = (answer: Promise<boolean>): Promise<boolean> => pTimeout(answer, { milliseconds: patienceMs, fallback: () => false });
