import { expect, test } from "vitest";
import { message, MessageError } from "#app/domain/message/message.ts";
import { examine, findingLine } from "./doctor.ts";
import type { SetupContext, Step, StepCheck } from "./step.ts";

const context = {} as SetupContext;
const step = (check: () => Promise<StepCheck>, more: Partial<Step> = {}): Step => ({
  id: "packages",
  needs: [],
  estimateSeconds: 10,
  weight: "light",
  fix: message("run-command", { command: "npm run setup" }),
  check,
  run: () => Promise.reject(new Error("the doctor changes nothing")),
  ...more,
});

const linesOf = async (...steps: readonly Step[]): Promise<readonly string[]> => (await examine(steps, context)).map(findingLine);

test("what is missing is named in English, with what fixes it", async () => {
  const [line] = await linesOf(
    step(async () => ({ ready: false, missing: [message("packages-missing", { names: ["genisoimage", "qemu-utils"] })] })),
  );
  expect(line).toContain("MISSING packages       Debian packages that are not installed: genisoimage, qemu-utils\n");
  expect(line).toMatch(/to fix it: run npm run setup$/);
});

test("a check that cannot be made is missing, and its reason is a text", async () => {
  const [line] = await linesOf(step(() => Promise.reject(new MessageError([message("dpkg-missing")]))));
  expect(line).toContain("MISSING packages       This system has no dpkg: Debian 12 or newer is needed.");
});

test("what is there is named without a fix", async () => {
  const check = async (): Promise<StepCheck> => ({ ready: true, outcome: [message("packages-installed", { count: 14 })] });
  expect(await linesOf(step(check))).toEqual(["ok      packages       14 packages are installed"]);
});
