/**
 * Turns the output of `go build -v` (module downloads, then one package path per line) into a few lines a person can
 * follow, and keeps what the compiler complained about for the error.
 */
const between = 3_000;

export interface CompileProgress {
  readonly take: (line: string) => void;
  readonly end: () => void;
  /** The last lines that were neither a download nor a package. */
  readonly complaints: () => string;
}

export function compileProgress(name: string, onLine: (line: string) => void, clock: () => number = Date.now): CompileProgress {
  const started = clock();
  let last = started;
  let downloaded = 0;
  let compiled = 0;
  const complaints: string[] = [];

  const say = (what: string): void => onLine(`${name}: ${what} (${Math.round((clock() - started) / 1000)} s)`);
  const standing = (): string => (compiled === 0 ? `${downloaded} modules downloaded` : `${compiled} packages compiled`);
  onLine(`${name}: compiling`);

  return {
    take(line) {
      if (line.startsWith("go: downloading ")) downloaded += 1;
      else if (/^[\w.~/-]+$/.test(line)) compiled += 1;
      else if (line.trim() !== "") complaints.push(line);
      if (clock() - last < between) return;
      last = clock();
      say(standing());
    },
    end: () => say("done"),
    complaints: () => complaints.slice(-12).join("\n"),
  };
}
