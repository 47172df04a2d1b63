/** The shell that waits for something that a definition says how to check: of an add-on, or of a service machine. */
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { minutes } from "./scripts.ts";

export interface Check {
  /** For sentences: `waiting for <what>`. */
  readonly what: string;
  /** How long it may take on a machine that is not emulated. */
  readonly minutes: number;
  /** Shell commands that succeed as soon as it is so. */
  readonly succeeds: string;
  /** Shell commands that print what helps when it never is. */
  readonly report: string;
}

/** After the shell of `untilOk`. */
export const checkScript = (
  spec: ClusterSpec,
  name: string,
  { what, minutes: limit, succeeds, report }: Check,
): string => `echo "check ${name}: waiting for ${what}"
succeeds() {
${succeeds}
}
until_ok ${minutes(spec, limit)} "${what}" succeeds || {
${report}
exit 1
}
`;
