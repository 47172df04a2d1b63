import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { mergeKubeconfig } from "./merge-kubeconfig.ts";

const config = (name: string, mark: string): string => `apiVersion: v1
kind: Config
clusters:
  - name: ${name}
    cluster: { server: "https://${mark}:6443" }
users:
  - name: ${name}
    user: { token: "${mark}" }
contexts:
  - name: ${name}
    context: { cluster: ${name}, user: ${name} }
current-context: ${name}
`;
interface Config {
  readonly clusters: readonly { readonly name: string; readonly cluster: { readonly server: string } }[];
  readonly users: readonly { readonly name: string; readonly user: { readonly token?: string; readonly exec?: unknown } }[];
  readonly contexts: readonly { readonly name: string }[];
  readonly "current-context": string;
}
const merged = (existing: string, added: string, use = false) => parse(mergeKubeconfig(existing, added, { use }).text) as Config;

describe("merging a kubeconfig into another", () => {
  it("keeps the entries, comments and other keys that are there, and the current context", () => {
    const mine = `# mine\n${config("work", "one")}preferences: { colors: true }\nextensions: []\n`;
    const { text, current } = mergeKubeconfig(mine, config("harbour.demo", "two"), { use: false });
    expect(text).toContain("# mine");
    expect(text).toContain("preferences: { colors: true }");
    expect(current).toBe("work");
    expect((parse(text) as Config).contexts.map((c) => c.name)).toEqual(["work", "harbour.demo"]);
    expect((parse(text) as Config).users.map((u) => u.user.token)).toEqual(["one", "two"]);
  });

  it("uses the new context when asked, and where none was current", () => {
    expect(merged(config("work", "one"), config("new", "two"), true)["current-context"]).toBe("new");
    for (const current of ['current-context: ""\n', "current-context: null\n", ""]) {
      expect(merged(config("work", "one").replace(/current-context: .*\n/, current), config("new", "two"))["current-context"]).toBe("new");
    }
  });

  it("replaces entries of the same name in their place, all of them when there are two", () => {
    const before = merged(merged2("a", "b"), config("c", "3"));
    expect(before.clusters.map((c) => c.name)).toEqual(["a", "b", "c"]);
    const after = merged(merged2("a", "b"), config("a", "9"));
    expect(after.users.map((u) => [u.name, u.user.token])).toEqual([
      ["a", "9"],
      ["b", "2"],
    ]);
    const doubled = config("a", "1").replace("users:\n", "users:\n  - name: a\n    user: { exec: { command: other } }\n");
    expect(merged(doubled, config("a", "9")).users).toEqual([{ name: "a", user: { token: "9" } }]);
  });

  it("fills what kubectl leaves empty", () => {
    const empty = 'apiVersion: v1\nkind: Config\nclusters: null\ncontexts: null\nusers: []\npreferences: {}\ncurrent-context: ""\n';
    expect(merged(empty, config("a", "1")).clusters).toHaveLength(1);
    expect(merged("\n", config("a", "1"))["current-context"]).toBe("a");
    expect(merged("# nothing yet\n", config("a", "1")).users).toHaveLength(1);
    expect(merged('{"apiVersion":"v1","kind":"Config","users":[{"name":"x","user":{}}]}', config("a", "1")).users).toHaveLength(2);
  });

  it.each([
    ["[1, 2]", "not a kubeconfig"],
    ["just text", "not a kubeconfig"],
    ["clusters: { a: 1 }\n", "clusters are not a list"],
    ["users: [1]\n", "users are not a list"],
    ["a: [\n", "not one YAML document"],
    [`${config("a", "1")}---\n${config("b", "2")}`, "not one YAML document"],
    ["users:\n  - &x { name: a, user: {} }\nmore: *x\n", "referred to by others"],
  ])("refuses what is no kubeconfig without quoting it: %s", (existing, why) => {
    expect(() => mergeKubeconfig(existing, config("a", "9"), { use: false })).toThrow(why);
  });
});

const merged2 = (a: string, b: string): string => mergeKubeconfig(config(a, "1"), config(b, "2"), { use: false }).text;
