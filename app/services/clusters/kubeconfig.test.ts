import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { addressOf, controlPlaneOf } from "#app/domain/cluster/spec.ts";
import { isLabel } from "#app/domain/cluster/names.ts";
import { contextName, type KubeconfigParts, kubeconfigFile, renderKubeconfig } from "./kubeconfig.ts";

const parts = (change: Partial<KubeconfigParts> = {}): KubeconfigParts => ({
  tenant: "harbour",
  spec: exampleSpec(),
  server: { host: "berth.example.org", port: 20_448 },
  caCert: "the authority",
  client: { certificate: "the certificate", privateKey: "the key" },
  ...change,
});
const base64 = (text: string) => Buffer.from(text).toString("base64");
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/).filter(isLabel);

describe("the kubeconfig", () => {
  it("has these fields and no others", () => {
    expect(parse(renderKubeconfig(parts()))).toEqual({
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "harbour.demo",
          cluster: {
            server: "https://berth.example.org:20448",
            "tls-server-name": "kubernetes",
            "certificate-authority-data": base64("the authority"),
          },
        },
      ],
      users: [
        { name: "harbour.demo", user: { "client-certificate-data": base64("the certificate"), "client-key-data": base64("the key") } },
      ],
      contexts: [{ name: "harbour.demo", context: { cluster: "harbour.demo", user: "harbour.demo" } }],
      "current-context": "harbour.demo",
      preferences: {},
    });
  });

  it("leads to the machine itself, whose address its certificate has", () => {
    const { clusters } = parse(renderKubeconfig(parts({ server: null }))) as { clusters: readonly { cluster: object }[] };
    expect(clusters[0]?.cluster).toEqual({
      server: `https://${addressOf(controlPlaneOf(exampleSpec()))}:6443`,
      "certificate-authority-data": base64("the authority"),
    });
  });

  it("writes an IPv6 address in brackets", () => {
    expect(renderKubeconfig(parts({ server: { host: "fd00::1", port: 443 } }))).toContain("server: https://[fd00::1]:443");
  });

  it("stays one document of these fields whatever stands in the values", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        const made = parse(renderKubeconfig(parts({ caCert: a, client: { certificate: b, privateKey: `${a}\nexec: {}` } }))) as {
          users: readonly { user: object }[];
        };
        expect(Object.keys(made)).toEqual(["apiVersion", "kind", "clusters", "users", "contexts", "current-context", "preferences"]);
        expect(Object.keys(made.users[0]?.user ?? {})).toEqual(["client-certificate-data", "client-key-data"]);
      }),
    );
  });

  it.each(["a\nexec: {}", "A", "", "a.b", "a/b", "a: b", "{}"])("is not made for a name that is no label: %j", (name) => {
    expect(() => renderKubeconfig(parts({ tenant: name }))).toThrow("is not a label");
    expect(() => renderKubeconfig(parts({ spec: { ...exampleSpec(), name } }))).toThrow("is not a label");
  });
});

describe("names", () => {
  it("differ for any two clusters of any tenants, also where their joined words are the same", () => {
    expect(contextName("a", "b-c")).not.toBe(contextName("a-b", "c"));
    fc.assert(
      fc.property(label, label, label, label, (t1, c1, t2, c2) => {
        expect(contextName(t1, c1) === contextName(t2, c2)).toBe(t1 === t2 && c1 === c2);
      }),
    );
    fc.assert(
      fc.property(fc.array(label, { minLength: 3, maxLength: 5 }), fc.nat(), fc.nat(), (words, i, j) => {
        const cut = (at: number) =>
          [words.slice(0, 1 + (at % (words.length - 1))).join("-"), words.slice(1 + (at % (words.length - 1))).join("-")] as const;
        const [one, other] = [cut(i), cut(j)];
        expect(kubeconfigFile(...one) === kubeconfigFile(...other)).toBe(one[0] === other[0]);
      }),
    );
  });
});
