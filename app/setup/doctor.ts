/**
 * `npm run doctor`, second half: the steps of set-up, each with its state and what fixes it. (The first
 * half, what must be there before this program can run, is in bootstrap.mjs.) Changes nothing.
 */
import { reasonsOf } from "#app/domain/message/message.ts";
import { errorInEnglish, inEnglish } from "#app/messages/in-english.ts";
import { readConfig, unknownSettings } from "#app/foundation/config.server.ts";
import { allSteps, setupContext } from "./all-steps.ts";
import { gibibytes, supersededIn, totalOf } from "./packages/prune.ts";
import type { SetupContext, Step, StepCheck } from "./step.ts";

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
  readonly fix: string;
}

/** One finding for each step, in the order of the steps. */
export async function examine(steps: readonly Step[], context: SetupContext): Promise<readonly Finding[]> {
  return await Promise.all(
    steps.map(async (step) => {
      const check = await (step.examine ?? step.check)(context).catch(asMissing);
      return {
        name: step.id,
        ok: check.ready,
        text: inEnglish(check.ready ? check.outcome : check.missing),
        fix: inEnglish([check.ready ? step.fix : (check.fix ?? step.fix)]),
      };
    }),
  );
}

const asMissing = (error: unknown): StepCheck => ({ ready: false, missing: reasonsOf(error) });

export function findingLine(f: Finding): string {
  const head = `${f.ok ? "ok     " : "MISSING"} ${f.name.padEnd(14)} ${f.text}`;
  return f.ok ? head : `${head}\n${" ".repeat(23)}to fix it: ${f.fix}`;
}

async function main(): Promise<number> {
  const config = readConfig(process.env, process.getuid?.() ?? -1);
  const findings = await examine(allSteps, setupContext(config, false));
  const typos = unknownSettings(process.env).map((name) => ({
    name,
    ok: false,
    text: "is no setting of Berth",
    fix: "see docs/settings.md",
  }));
  for (const finding of [...findings, ...typos]) console.log(findingLine(finding));
  const unused = await supersededIn(config.cache, config.home);
  if (unused.length > 0)
    console.log(
      `note    cache          ${gibibytes(totalOf(unused))} of superseded builds that nobody uses; node app/setup/bootstrap.mjs prune lists and removes them`,
    );
  return findings.every((f) => f.ok) ? 0 : 1;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.log(errorInEnglish(error));
    process.exitCode = 1;
  }
}
