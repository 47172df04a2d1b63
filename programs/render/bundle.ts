/**
 * Files for a machine as one text on a command's standard input, so that keys and tokens never stand in a script, an
 * argument list or an error. {@link unpackBundle} is the shell that reads it, in bash and in busybox.
 */
export interface BundledFile {
  readonly path: string;
  readonly mode: "0600" | "0644";
  readonly text: string;
}

/** One header line `FILE <mode> <lines> <path>` per file, then its lines. Text without a final newline gets one. */
export const renderBundle = (files: readonly BundledFile[]): string => files.map(renderFile).join("");

function renderFile({ path, mode, text }: BundledFile): string {
  if (/[\s'"]/.test(path)) throw new Error(`bundling ${path}: the path must be free of blanks and quotes`);
  const lines = text.replace(/\n$/, "").split("\n");
  return `FILE ${mode} ${lines.length} ${path}\n${lines.join("\n")}\n`;
}

/** Each file is complete or absent: it is written beside its place and renamed. */
export const unpackBundle = `unpack() {
  while read -r word mode lines path; do
    [ "$word" = FILE ] || { echo "unpacking: the input is cut short" >&2; return 1; }
    mkdir -p "$(dirname "$path")"
    ( umask 077; : > "$path.part" )
    while [ "$lines" -gt 0 ]; do
      IFS= read -r line
      printf '%s\\n' "$line"
      lines=$((lines - 1))
    done >> "$path.part"
    chmod "$mode" "$path.part"
    mv "$path.part" "$path"
  done
}
`;
