/**
 * Runs the tests of the Go modules and counts them, for the one total that `npm test` ends with. Run by itself
 * (`node pulumi/toolchain/test-go.ts`) it prints the counts and ends with 1 when something failed.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findGo, runGo } from "./go.ts";
import { versions } from "./versions.ts";

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

interface TestEvent {
  readonly Action: string;
  readonly Package?: string;
  readonly Test?: string;
  readonly Output?: string;
  readonly ImportPath?: string;
}

const folder = dirname(fileURLToPath(import.meta.url));
/** Folders of Go modules with tests of their own: of the engine, and of what runs in guests. */
const modules = ["command", "libvirt", "../../ansible/toolchain/guest"] as const;

type OnLine = (line: string) => void;

/**
 * Vets and tests every module. A module that does not compile or vet counts as one failure. `onLine` gets what a
 * person should see: the output of tests that failed.
 */
export async function testGo(onLine: OnLine, signal?: AbortSignal): Promise<TestCounts> {
  const go = await findGo(versions.go);
  let total: TestCounts = { passed: 0, failed: 0 };
  for (const module of modules) {
    total = add(total, await vet(go, module, onLine, signal));
    total = add(total, await test(go, module, onLine, signal));
  }
  return total;
}

async function vet(go: string, module: string, onLine: OnLine, signal?: AbortSignal): Promise<TestCounts> {
  const lines: string[] = [];
  const code = await runGo(go, {
    args: ["vet", "./..."],
    cwd: join(folder, module),
    signal,
    onLine: (line) => lines.push(line),
  });
  if (code === 0) return { passed: 1, failed: 0 };
  for (const line of [`go vet ${module}:`, ...lines]) onLine(line);
  return { passed: 0, failed: 1 };
}

async function test(go: string, module: string, onLine: OnLine, signal?: AbortSignal): Promise<TestCounts> {
  const tally = new Tally();
  const code = await runGo(go, {
    args: ["test", "-json", "-count=1", "-p=1", "./..."],
    cwd: join(folder, module),
    signal,
    onLine: (line) => tally.take(line),
  });
  for (const line of tally.failureOutput()) onLine(line);
  const counts = tally.counts();
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** Adds up the events of `go test -json`. A test with subtests is counted by its subtests. */
export class Tally {
  readonly #results = new Map<string, boolean>();
  readonly #output = new Map<string, string[]>();
  readonly #failedPackages = new Set<string>();

  take(line: string): void {
    const event = parse(line);
    if (event === null) return;
    const key = `${event.Package ?? event.ImportPath ?? ""} ${event.Test ?? ""}`;
    if (event.Output !== undefined) this.#output.set(key, [...(this.#output.get(key) ?? []), event.Output.trimEnd()]);
    if (event.Action !== "pass" && event.Action !== "fail") return;
    if (event.Test !== undefined) this.#results.set(key, event.Action === "pass");
    else if (event.Action === "fail") this.#failedPackages.add(key);
  }

  counts(): TestCounts {
    const leaves = [...this.#results].filter(([key]) => !this.#hasSubtests(key));
    const failed = leaves.filter(([, passed]) => !passed).length;
    return { passed: leaves.length - failed, failed: failed + this.#failuresOutsideTests() };
  }

  failureOutput(): string[] {
    const failed = [...this.#results].filter(([, passed]) => !passed).map(([key]) => key);
    return [...failed, ...this.#failedPackages].flatMap((key) => this.#output.get(key) ?? []);
  }

  #hasSubtests(key: string): boolean {
    return [...this.#results.keys()].some((other) => other.startsWith(`${key}/`));
  }

  /** Packages that failed without a failed test: they did not compile, or the test program crashed. */
  #failuresOutsideTests(): number {
    const blamed = (key: string): boolean => [...this.#results].some(([test, passed]) => !passed && test.startsWith(key));
    return [...this.#failedPackages].filter((key) => !blamed(key)).length;
  }
}

function parse(line: string): TestEvent | null {
  if (!line.startsWith("{")) return null;
  return JSON.parse(line) as TestEvent;
}

const add = (a: TestCounts, b: TestCounts): TestCounts => ({ passed: a.passed + b.passed, failed: a.failed + b.failed });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const counts = await testGo((line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}
