import { expect, test } from "vitest";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { TenantCache } from "./upgrade.server.ts";

const actor = (tenant: string): Actor => ({ personId: tenant, name: tenant, operator: false, memberships: { [tenant]: "viewer" } });

function counted() {
  const asked: string[] = [];
  const operations = {
    get: async (id: string) => {
      asked.push(id);
      return id === "op-of-a" ? ({ tenantId: "a" } as Operation) : null;
    },
  };
  return { asked, owners: new TenantCache(operations) };
}

test("who may read an operation does not look it up again and again", async () => {
  const { asked, owners } = counted();
  for (let n = 0; n < 5; n += 1) expect(await owners.readableBy(actor("a"), "op-of-a")).toBe("a");
  expect(asked).toHaveLength(1);
});

test("another tenant's operation and one that does not exist take the same look-ups, however often somebody asks", async () => {
  const { asked, owners } = counted();
  await owners.readableBy(actor("a"), "op-of-a");
  asked.length = 0;
  for (let n = 0; n < 3; n += 1) {
    expect(await owners.readableBy(actor("b"), "op-of-a")).toBeNull();
    expect(await owners.readableBy(actor("b"), "absent")).toBeNull();
  }
  expect(asked).toEqual(["op-of-a", "absent", "op-of-a", "absent", "op-of-a", "absent"]);
});
