import { message } from "#app/domain/message/message.ts";
import { expect, test } from "vitest";
import type { Actor } from "#app/domain/tenant.ts";
import type { Receipt } from "#app/ports/cluster-store.ts";
import { receiptFor } from "./receipt-view.ts";

const actor = (operator: boolean): Actor => ({ personId: "p", name: "mina", operator, memberships: { t: "owner" } });
const receipt: Receipt = {
  operationId: "o",
  at: 1,
  by: "mina",
  rows: [
    { what: "file", name: "/srv/berth/pools/b1-demo", gone: false, proof: message("still-path") },
    { what: "address", name: "10.91.4.0/24", gone: true, proof: message("address-free") },
  ],
};

test("a tenant sees what was looked for, not where on the host it lay", () => {
  const rows = receiptFor(actor(false), receipt).rows;
  expect(rows.map((row) => row.name)).toEqual(["b1-demo", "10.91.4.0/24"]);
  expect(JSON.stringify(rows)).not.toContain("/srv");
});

test("an operator sees the whole path", () => {
  expect(receiptFor(actor(true), receipt)).toEqual(receipt);
});
