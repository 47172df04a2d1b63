/**
 * The rungs by which a run is brought to its end: asked to stop (no new steps, running ones are cut short), told to
 * stop at once, killed with everything it started. Each rung is reached only when the one before did not help.
 */
import type { CancelRung } from "#app/domain/operation/event.ts";
import { wake } from "./process-stats.ts";
import { processesOf, signalAll } from "#pulumi/stack/processes.ts";

/** Milliseconds from the first rung to the second, and from there to the kill. */
export interface CancelTimes {
  readonly secondMs: number;
  readonly killMs: number;
}

export interface CancelStages {
  /** Starts at the first rung; further calls change nothing. */
  begin(): void;
  begun(): boolean;
  /** The last rung was reached. */
  killed(): boolean;
  /** The run is over: no further rung. */
  end(): void;
}

interface ClimbSettings extends CancelTimes {
  readonly mark: string;
  readonly tell: (rung: 1 | 2) => void;
  readonly onRung: (rung: Exclude<CancelRung, "put-in-order">) => void;
}

export function createCancelStages({ mark, tell, onRung, secondMs, killMs }: ClimbSettings): CancelStages {
  let timers: readonly NodeJS.Timeout[] = [];
  let begun = false;
  let killed = false;
  const ask = (rung: 1 | 2) => {
    onRung(rung === 1 ? "asked" : "insisted");
    tell(rung);
    wake(mark);
  };
  const kill = () => {
    killed = true;
    onRung("killed");
    signalAll(processesOf(mark), "SIGKILL");
  };
  return {
    begin() {
      if (begun) return;
      begun = true;
      ask(1);
      timers = [setTimeout(ask, secondMs, 2), setTimeout(kill, secondMs + killMs)];
    },
    begun: () => begun,
    killed: () => killed,
    end() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
