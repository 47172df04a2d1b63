/** What commands, consoles and the engine say, one source at a time; it follows the newest line until one scrolls up. */
import { useSearchParams } from "@remix-run/react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { isOver } from "#app/domain/operation/operation.ts";
import type { OutputTail, Progress } from "#app/domain/operation/progress.ts";
import type { TFunction } from "i18next";
import { hrefWith } from "./use-url-choice.ts";

const keyOf = (tail: OutputTail): string => `${tail.machine ?? ""}/${tail.source}`;

const nameOf = (tail: OutputTail, t: TFunction): string =>
  t("operation.sourceOf", { machine: tail.machine ?? t("operation.allMachines"), source: t(`operation.source.${tail.source}`) });

export function OutputPane({ progress }: { readonly progress: Progress }) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const chosen = params.get("output");
  const { outputs } = progress;
  const tail = outputs.find((one) => keyOf(one) === chosen) ?? preferred(progress);
  return (
    <div className="b-stack-tight">
      <div className="b-sources" role="group" aria-label={t("operation.outputPick")}>
        {outputs.map((one) => (
          <button key={keyOf(one)} type="button" className="b-source" aria-pressed={one === tail} onClick={() => setParams(hrefWith(params, "output", keyOf(one)), { replace: true, preventScrollReset: true })}>
            {nameOf(one, t)}
          </button>
        ))}
      </div>
      <Screen key={tail === null ? "" : keyOf(tail)} tail={tail} over={isOver(progress.state)} />
      {tail !== null && tail.dropped > 0 && <span className="b-muted b-small">{t("operation.outputRest", { shown: tail.lines.length })}</span>}
      {progress.truncatedLines > 0 && <span className="b-muted b-small">{t("operation.gap", { count: progress.truncatedLines })}</span>}
    </div>
  );
}

/** Until one is chosen: that of the machine that failed, else commands before consoles. */
function preferred({ outputs, failure }: Progress): OutputTail | null {
  const failed = failure === null ? undefined : outputs.find((one) => one.machine === failure.machine && one.source === "command");
  return failed ?? outputs.find((one) => one.source === "command") ?? outputs[0] ?? null;
}

function Screen({ tail, over }: { readonly tail: OutputTail | null; readonly over: boolean }) {
  const { t } = useTranslation();
  const screen = useRef<HTMLPreElement>(null);
  const following = useRef(true);
  const count = tail === null ? 0 : tail.lines.length + tail.dropped;
  useEffect(() => {
    const element = screen.current;
    if (count > 0 && element !== null && following.current) element.scrollTop = element.scrollHeight;
  }, [count]);
  const onScroll = () => {
    const element = screen.current;
    if (element !== null) following.current = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
  };
  return (
    <pre ref={screen} className="b-console" tabIndex={0} role="region" aria-label={tail === null ? t("operation.output") : nameOf(tail, t)} onScroll={onScroll}>
      {tail === null ? <span className="b-console-empty">{t(over ? "operation.outputNone" : "operation.outputEmpty")}</span> : tail.lines.join("\n")}
    </pre>
  );
}
