import type { Orphan } from "#app/domain/operation/orphans.ts";

/** What the last look over the libvirt host found that nobody answers for. */
export interface OrphanStore {
  /** By kind and name. */
  list(): Promise<readonly Orphan[]>;
  /** In the place of everything that was there. */
  replace(orphans: readonly Orphan[]): Promise<void>;
}
