/** Whose turn it is while an operation is interrupted: not written anywhere, but looked up when it is asked for. */
import pTimeout from "p-timeout";
import { type ClusterSpec, controlPlaneOf } from "#app/domain/cluster/spec.ts";
import { targetOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { mostResumes } from "#app/domain/operation/recovery.ts";
import { type Turn, turnOf } from "#app/domain/operation/standing.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { SetupStatus } from "#app/ports/setup-status.ts";
import { idleResumes } from "#app/services/run/recover-stack.ts";

export interface TurnDeps {
  readonly clusters: ClusterStore;
  readonly journal: Journal;
  readonly setupStatus: SetupStatus;
  readonly hostAnswers: () => Promise<boolean>;
  /** Whether interrupted operations go on by themselves. */
  readonly autoResume: boolean;
}

/** Libvirt and the images are asked once, for however many operations. */
export function turnReader(deps: TurnDeps): (o: Operation, spec: ClusterSpec | undefined) => Promise<Turn> {
  let answers: Promise<boolean> | undefined;
  let images: ReturnType<SetupStatus["images"]> | undefined;
  return async (o, spec) => {
    answers ??= answersSoon(deps.hostAnswers);
    images ??= deps.setupStatus.images();
    return turnOf({
      autoResume: deps.autoResume,
      gaveUp: (await idleResumes(deps, o.id)) >= mostResumes,
      libvirtAnswers: await answers,
      // A teardown needs none.
      imageThere: !targetOf(o).makesRevisionLive || (await images).some((i) => spec !== null && spec !== undefined && i.contentHash === controlPlaneOf(spec).image.contentHash),
    });
  };
}

const patienceMs = 2_000;

/** A page does not wait for a libvirt that hangs. */
const answersSoon = (hostAnswers: TurnDeps["hostAnswers"]): Promise<boolean> => pTimeout(hostAnswers(), { milliseconds: patienceMs, fallback: () => false });
