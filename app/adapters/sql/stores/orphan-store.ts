/** Orphans: a small list for each libvirt host, written as a whole. */
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { Orphan } from "#app/domain/operation/orphans.ts";
import type { OrphanStore } from "#app/ports/orphan-store.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import { oneAtATime } from "#app/adapters/sql/database/locks.ts";
import type { OrphanRow } from "#app/adapters/sql/schema.ts";

export function createOrphanStore({ engine, reader, writer }: BerthDatabase): OrphanStore {
  return {
    list: async (hostId) =>
      (await reader.selectFrom("orphans").selectAll().where("host_id", "=", hostId).orderBy("kind").orderBy("name").execute()).map(
        toOrphan,
      ),
    replace: async (hostId, orphans) => {
      await writer.transaction().execute(async (trx) => {
        await oneAtATime(trx, engine, "orphans");
        await trx.deleteFrom("orphans").where("host_id", "=", hostId).execute();
        if (orphans.length > 0)
          await trx
            .insertInto("orphans")
            .values(orphans.map((o) => toRow(hostId, o)))
            .execute();
      });
    },
  };
}

const toOrphan = (row: OrphanRow): Orphan => ({
  kind: row.kind,
  name: row.name,
  tenantId: row.tenant_id,
  clusterId: row.cluster_id,
  reason: row.reason,
  since: row.since,
});

const toRow = (hostId: HostId, o: Orphan): OrphanRow => ({
  host_id: hostId,
  kind: o.kind,
  name: o.name,
  tenant_id: o.tenantId,
  cluster_id: o.clusterId,
  reason: o.reason,
  since: o.since,
});
