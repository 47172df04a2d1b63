import { describe, expect, it } from "vitest";
import { certificateEnds, renewalIsDue } from "./certificates.ts";

const day = 86_400_000;
const now = Date.parse("2030-06-01T00:00:00Z");
const facts = { authorities: { "cluster-ca": now + 3_000 * day }, readEnd: null, createdAt: now - 100 * day };
const controlPlane = (readEnd: number | null, createdAt = facts.createdAt) =>
  certificateEnds({ ...facts, readEnd, createdAt }, now).find((e) => e.kind === "control-plane");

describe("ends of certificates", () => {
  it("are those that were made and read; until one was read, the earliest that kubeadm can have given", () => {
    expect(certificateEnds(facts, now)).toEqual([
      { kind: "control-plane", endsAt: facts.createdAt + 365 * day, source: "estimated", standing: "valid" },
      { kind: "cluster-ca", endsAt: now + 3_000 * day, source: "made", standing: "valid" },
    ]);
    expect(controlPlane(now + 200 * day)).toMatchObject({ endsAt: now + 200 * day, source: "read" });
  });

  it.each([
    [31 * day, "valid", false],
    [30 * day, "soon", true],
    [1, "soon", true],
    [0, "ended", true],
    [-400 * day, "ended", true],
  ] as const)("%d ms away is %s", (left, standing, due) => {
    expect(controlPlane(now + left)?.standing).toBe(standing);
    expect(renewalIsDue(certificateEnds({ ...facts, readEnd: now + left }, now))).toBe(due);
  });

  it("warn of a cluster that no check has seen, too", () => {
    expect(controlPlane(null, now - 336 * day)?.standing).toBe("soon");
  });

  it("of an authority are no reason to renew what it signs", () => {
    expect(renewalIsDue(certificateEnds({ ...facts, authorities: { "etcd-ca": now + day }, readEnd: now + 300 * day }, now))).toBe(false);
  });
});
