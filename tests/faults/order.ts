/** What a portal of the fault suite is told when it starts. */
import type { BudgetSettings } from "#app/domain/operation/budgets.ts";
import type { SocketLimits } from "#app/server/socket/socket.server.ts";

export interface PortalOrder {
  readonly home: string;
  /** The database file; usually in the home. */
  readonly database: string;
  readonly poolRoot: string;
  /** Loopback port of the web server; null: no web server in this process. */
  readonly port: number | null;
  readonly worker: boolean;
  readonly leaseMs: number;
  /** Whether interrupted operations continue automatically. */
  readonly autoResume: boolean;
  readonly busyTimeoutMs?: number;
  readonly socketLimits?: Partial<SocketLimits>;
  readonly image: { readonly name: string; readonly contentHash: string; readonly folder: string };
  readonly engine: StandInOrder | RealOrder;
}

export interface StandInOrder {
  readonly kind: "stand-in";
  readonly stepMs: number;
  readonly linesPerStep: number;
  readonly lineBytes?: number;
}

export interface RealOrder {
  readonly kind: "real";
  readonly engineFolder: string;
  readonly libvirtUri: string;
  /** Module that exports `clusterProgram`; Berth's own unless given. */
  readonly programModule?: string;
  readonly budgets?: BudgetSettings;
}
