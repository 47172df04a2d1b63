/** Libvirt hosts: a few rows, registered by whoever reaches them. */
import type { LibvirtHost } from "#app/domain/host/libvirt-host.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import type { HostRow } from "#app/adapters/sql/schema.ts";

export const createHostStore = ({ reader, writer }: BerthDatabase): HostStore => ({
  list: async () => (await reader.selectFrom("hosts").selectAll().orderBy("id").execute()).map(toHost),
  get: async (id) => {
    const row = await reader.selectFrom("hosts").selectAll().where("id", "=", id).executeTakeFirst();
    return row ? toHost(row) : null;
  },
  register: async (host) => {
    const { id, state, ...decided } = toRow({ ...host, state: "open" });
    const insert = writer.insertInto("hosts").values({ id, state, ...decided });
    return toHost(
      await insert
        .onConflict((c) => c.column("id").doUpdateSet(decided))
        .returningAll()
        .executeTakeFirstOrThrow(),
    );
  },
});

const toHost = (row: HostRow): LibvirtHost => ({
  id: row.id,
  name: row.name,
  state: row.state,
  networkRange: row.network_range,
  portBase: row.port_base,
  publishedHost: row.published_host,
  memoryReserveMiB: row.memory_reserve_mib,
});

const toRow = (host: LibvirtHost): HostRow => ({
  id: host.id,
  name: host.name,
  state: host.state,
  network_range: host.networkRange,
  port_base: host.portBase,
  published_host: host.publishedHost,
  memory_reserve_mib: host.memoryReserveMiB,
});
