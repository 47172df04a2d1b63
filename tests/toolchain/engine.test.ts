import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { EngineEvent, OpMap } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { versions } from "#pulumi/toolchain/versions.ts";
import { type EngineFixture, engineFixture } from "./engine-fixture.ts";

const minutes = 60_000;
let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await engineFixture();
}, 30 * minutes);
afterAll(() => fixture.close());

const changes = (counts: OpMap | undefined): OpMap => {
  const { same: _, ...others } = counts ?? {};
  return others;
};

test(
  "the CLI says the version of the lock file",
  async () => {
    const stack = await fixture.stack("version", async () => {});
    expect(stack.workspace.pulumiVersion).toBe(versions.pulumi);
  },
  minutes,
);

test(
  "a command lives: created, unchanged, updated, replaced, deleted",
  async () => {
    const journal = join(fixture.folder, "journal");
    const lines = (): string[] => readFileSync(journal, "utf8").trim().split("\n");
    const inputs = { create: `echo create >>${journal}; echo hello`, delete: `echo delete >>${journal}`, trigger: "a" };
    const stack = await fixture.stack("life", async () => {
      const { trigger, ...scripts } = inputs;
      const command = new local.Command("it", { ...scripts, triggers: [trigger] });
      return { stdout: command.stdout, now: local.runOutput({ command: "echo now" }).stdout };
    });

    const up = await stack.up({ color: "never" });
    expect([up.outputs["stdout"]?.value, up.outputs["now"]?.value]).toEqual(["hello", "now"]);
    expect(changes((await stack.preview()).changeSummary)).toEqual({});

    inputs.create = `echo again >>${journal}; echo hello again`;
    expect(changes((await stack.preview()).changeSummary)).toEqual({ update: 1 });
    expect((await stack.up()).outputs["stdout"]?.value).toBe("hello again");

    inputs.trigger = "b";
    expect(changes((await stack.preview()).changeSummary)).toEqual({ replace: 1 });
    await stack.up();

    await stack.destroy();
    expect(lines()).toEqual(["create", "again", "again", "delete", "delete"]);
    await stack.workspace.removeStack("life");
  },
  2 * minutes,
);

test(
  "output appears in the events while the command runs, and none with logging none",
  async () => {
    const secret = "never-shown-word";
    const seen: EngineEvent[] = [];
    const stack = await fixture.stack("events", async () => {
      new local.Command("open", { create: "echo visible-word" });
      new local.Command("closed", { create: "cat; echo 'never-shown-word' >&2", stdin: pulumi.secret(secret), logging: "none" });
    });
    await stack.up({ color: "never", onEvent: (event) => void seen.push(event) });
    const messages = seen.flatMap(({ diagnosticEvent }) =>
      diagnosticEvent && String(diagnosticEvent.severity) !== "debug" ? [diagnosticEvent.message] : [],
    );
    expect(messages.join("")).toContain("visible-word");
    expect(messages.join("")).not.toContain(secret);
    await stack.destroy();
  },
  2 * minutes,
);

test(
  "a cancelled update ends the command and what it started",
  async () => {
    const marker = join(fixture.folder, "pid");
    const abort = new AbortController();
    const stack = await fixture.stack("cancel", async () => {
      new local.Command("long", { create: `echo $$ >${marker}; echo started; sleep 600 & wait` });
    });
    const run = stack.up({
      color: "never",
      signal: abort.signal,
      onEvent: ({ diagnosticEvent }) => {
        if (diagnosticEvent?.message.includes("started")) abort.abort();
      },
    });
    await expect(run).rejects.toThrow();
    const pid = readFileSync(marker, "utf8").trim();
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect((await stack.exportStack()).deployment["pending_operations"] ?? []).toEqual([]);
  },
  2 * minutes,
);
