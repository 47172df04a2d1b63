import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { parse } from "yaml";

// Every run of ansible-playbook starts Python again, which takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const ansible = join(import.meta.dirname, "..");
const env = { ...process.env, ANSIBLE_CONFIG: join(ansible, "ansible.cfg"), ANSIBLE_FORCE_COLOR: "0" };

const read = (path: string): unknown => parse(readFileSync(join(ansible, path), "utf8"));

interface Specs {
  readonly argument_specs: { readonly main: { readonly options: Record<string, { readonly required?: boolean }> } };
}

const options = (role: string): Record<string, { readonly required?: boolean }> =>
  (read(`roles/${role}/meta/argument_specs.yml`) as Specs).argument_specs.main.options;

describe.each(["hypervisor", "node_image"])("role %s", (role) => {
  test("declares every default, and prefixes every variable", () => {
    const defaults = Object.keys(read(`roles/${role}/defaults/main.yml`) as object);
    for (const name of [...defaults, ...Object.keys(options(role))]) expect(name).toMatch(new RegExp(`^${role}_`));
    expect(Object.keys(options(role))).toEqual(expect.arrayContaining(defaults));
  });

  test("has a table of contents that begins with the preflight", () => {
    const steps = read(`roles/${role}/tasks/main.yml`) as Record<string, string>[];
    expect(steps[0]?.["ansible.builtin.import_tasks"]).toBe("preflight.yml");
    for (const step of steps) expect(Object.keys(step)).toEqual(["name", "ansible.builtin.import_tasks"]);
  });
});

test.each(["hypervisor.yml", "node-image.yml"])("%s is understood by ansible-playbook", (playbook) => {
  const out = execFileSync("ansible-playbook", ["--inventory", "localhost,", "--syntax-check", playbook], {
    cwd: ansible,
    env,
    encoding: "utf8",
  });
  expect(out).toContain(`playbook: ${playbook}`);
});

test("the role node_image says which argument is missing", () => {
  const { status, stdout } = spawnSync("ansible-playbook", ["--inventory", "localhost,", "--connection", "local", "node-image.yml"], {
    cwd: ansible,
    env,
    encoding: "utf8",
  });
  expect(status).not.toBe(0);
  expect(stdout).toContain("missing required arguments: node_image_binaries, node_image_kubernetes_version, node_image_sandbox_image");
});

test("a folder that holds no system is refused before anything is written", () => {
  const empty = mkdtempSync(join(tmpdir(), "berth-root-"));
  const variables = JSON.stringify({ node_image_binaries: empty, node_image_kubernetes_version: "1", node_image_sandbox_image: "p" });
  try {
    const { status, stdout } = spawnSync(
      "ansible-playbook",
      ["--inventory", `${empty},`, "--connection", "berth_chroot", "--extra-vars", variables, "node-image.yml"],
      { cwd: ansible, env, encoding: "utf8" },
    );
    expect(status).not.toBe(0);
    expect(stdout).toMatch(/preparing a guest root: (.* holds no \/bin\/sh|.* needs root rights)/);
  } finally {
    rmSync(empty, { recursive: true });
  }
});
