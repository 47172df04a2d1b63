/**
 * Lines of one output. It follows the newest line until one scrolls up; while something is searched for it shows the lines that
 * have it.
 */
import { useEffect, useRef } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { OutputTail } from "#app/domain/operation/progress.ts";
import { timeOfDay } from "#app/ui/amounts.ts";
import { useZone } from "#app/ui/time/relative-time.tsx";

export interface OutputScreenProps {
  readonly tail: OutputTail | null;
  readonly label: string;
  /** Stands there while there is no line. */
  readonly empty: string;
  readonly wanted: string;
  readonly wrap: boolean;
  readonly times: boolean;
}

interface Line {
  readonly text: string;
  readonly at: number;
}

export function OutputScreen({ tail, label, empty, wanted, wrap, times }: OutputScreenProps) {
  const { t } = useTranslation();
  const zone = useZone();
  const all = tail === null ? [] : linesOf(tail);
  const shown = wanted === "" ? all : all.filter(({ text }) => text.toLowerCase().includes(wanted.toLowerCase()));
  const { screen, onScroll } = useFollowing(tail === null ? 0 : tail.lines.length + tail.dropped);
  const text = shown.map((line) => (times ? `${timeOfDay(line.at, zone)} ${line.text}` : line.text)).join("\n");
  return (
    <>
      <pre
        ref={screen}
        className={wrap ? "b-console" : "b-console b-console-unwrapped"}
        tabIndex={0}
        role="region"
        aria-label={label}
        onScroll={onScroll}
      >
        {all.length === 0 ? <span className="b-console-empty">{empty}</span> : text}
      </pre>
      <span className="b-small b-muted b-reserve" role="status">
        {wanted !== "" && t("operation.found", { count: shown.length, total: all.length })}
      </span>
    </>
  );
}

const linesOf = ({ lines, times }: OutputTail): readonly Line[] => lines.map((text, i) => ({ text, at: times[i] ?? 0 }));

function useFollowing(count: number) {
  const screen = useRef<HTMLPreElement>(null);
  const following = useRef(true);
  useEffect(() => {
    const element = screen.current;
    if (count > 0 && element !== null && following.current) element.scrollTop = element.scrollHeight;
  }, [count]);
  const onScroll = () => {
    const element = screen.current;
    if (element !== null) following.current = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
  };
  return { screen, onScroll };
}
