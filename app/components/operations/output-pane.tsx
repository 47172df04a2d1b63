/** What commands, consoles and the engine say, one source at a time. How it is looked at stands in the address. */
import { Link, useSearchParams } from "@remix-run/react";
import { useState } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { isOver } from "#app/domain/operation/operation.ts";
import type { OutputTail, Progress } from "#app/domain/operation/progress.ts";
import type { TFunction } from "i18next";
import { LinkButton } from "#app/components/shell/link-button.tsx";
import { OutputScreen } from "./output-screen.tsx";
import { outputPath } from "#app/components/shell/paths.ts";
import { hrefWith, useUrlChoice } from "#app/components/shell/use-search-param-state.ts";

/** The output that an address names, e.g. by a step that leads to it. */
export const outputKey = ({ machine, source }: Pick<OutputTail, "machine" | "source">): string => `${machine ?? ""}/${source}`;

const nameOf = (tail: OutputTail, t: TFunction): string =>
  t("operation.sourceOf", { machine: tail.machine ?? t("operation.allMachines"), source: t(`operation.source.${tail.source}`) });

export function OutputPane({ operationId, progress }: { readonly operationId: string; readonly progress: Progress }) {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const [wanted, setWanted] = useState("");
  const wrap = useUrlChoice("wrap", ["on", "off"], "on");
  const times = useUrlChoice("times", ["off", "on"], "off");
  const { outputs } = progress;
  const tail = outputs.find((one) => outputKey(one) === params.get("output")) ?? preferred(progress);
  const empty = t(isOver(progress.state) ? "operation.outputNone" : "operation.outputEmpty");
  return (
    <div className="b-output">
      <Sources outputs={outputs} chosen={tail} />
      {tail !== null && (
        <div className="b-row b-output-tools">
          <input
            type="search"
            className="b-output-search b-needs-script"
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
            placeholder={t("operation.find")}
            aria-label={t("operation.find")}
          />
          <Switch on={wrap.chosen === "on"} href={wrap.hrefOf(wrap.chosen === "on" ? "off" : "on")} label={t("operation.wrap")} />
          <Switch on={times.chosen === "on"} href={times.hrefOf(times.chosen === "on" ? "off" : "on")} label={t("operation.times")} />
          <LinkButton to={outputPath(operationId, tail)} weight="link" download>
            {t("operation.downloadOutput")}
          </LinkButton>
        </div>
      )}
      <OutputScreen
        key={tail === null ? "" : outputKey(tail)}
        tail={tail}
        label={tail === null ? t("operation.output") : nameOf(tail, t)}
        empty={empty}
        wanted={wanted}
        wrap={wrap.chosen === "on"}
        times={times.chosen === "on"}
      />
      {tail !== null && tail.dropped > 0 && (
        <span className="b-muted b-small">{t("operation.outputRest", { shown: tail.lines.length })}</span>
      )}
      {progress.truncatedLines > 0 && <span className="b-muted b-small">{t("operation.gap", { count: progress.truncatedLines })}</span>}
    </div>
  );
}

/** Links, so that they work without scripts, too. */
function Sources({ outputs, chosen }: { readonly outputs: readonly OutputTail[]; readonly chosen: OutputTail | null }) {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  return (
    <nav className="b-sources" aria-label={t("operation.outputPick")}>
      {outputs.map((one) => (
        <Link
          key={outputKey(one)}
          className="b-source"
          to={hrefWith(params, "output", outputKey(one))}
          replace
          preventScrollReset
          {...(one === chosen ? { "aria-current": "true" as const } : {})}
        >
          {nameOf(one, t)}
        </Link>
      ))}
    </nav>
  );
}

function Switch({ on, href, label }: { readonly on: boolean; readonly href: string; readonly label: string }) {
  const { t } = useTranslation();
  return (
    <Link
      to={href}
      replace
      preventScrollReset
      className="b-source"
      aria-label={t(on ? "operation.switchOff" : "operation.switchOn", { what: label })}
      {...(on ? { "aria-current": "true" as const } : {})}
    >
      {label}
    </Link>
  );
}

/** Until one is chosen: that of the machine that failed, else commands before consoles. */
function preferred({ outputs, failure }: Progress): OutputTail | null {
  const failed = failure === null ? undefined : outputs.find((one) => one.machine === failure.machine && one.source === "command");
  return failed ?? outputs.find((one) => one.source === "command") ?? outputs[0] ?? null;
}
