import { expect, test } from "vitest";
import { planPurpose, purposeOf } from "./purpose.ts";

const first = { kind: "update", fromRevision: 0 } as const;
const later = { kind: "update", fromRevision: 3 } as const;
const update = { kind: "update", planKind: "update" } as const;

test("the update that brings the first revision to life makes the cluster; every later one updates it", () => {
  expect([purposeOf(update, first), purposeOf(update, later), purposeOf(update, null)]).toEqual(["create", "update", "update"]);
  expect([planPurpose(first), planPurpose(later)]).toEqual(["create", "update"]);
});

test("previews and teardowns stay what they are, also where nothing ever lived", () => {
  expect(purposeOf({ kind: "preview", planKind: "update" }, first)).toBe("preview");
  expect(purposeOf({ kind: "preview", planKind: "destroy" }, null)).toBe("preview-destroy");
  expect(purposeOf({ kind: "destroy", planKind: "destroy" }, { kind: "destroy", fromRevision: 0 })).toBe("destroy");
});
