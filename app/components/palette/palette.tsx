/** Going anywhere by typing a part of its name. Keyboard: arrows choose, Enter goes there, Escape closes. */
import { useFetcher, useNavigate } from "@remix-run/react";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { Dialog } from "#app/ui/dialog.tsx";
import { searchPath } from "#app/components/shell/paths.ts";
import { entryGroups, resultOf, type Entry, type SearchAnswer } from "./entries.ts";

export function Palette({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onClose={onClose} label={t("search.title")} className="b-palette">
      <PaletteBody onClose={onClose} />
    </Dialog>
  );
}

function PaletteBody({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const { found, pending } = resultOf(useAnswer(text), text, t);
  const [wanted, setWanted] = useState(0);
  const chosen = Math.min(wanted, found.length - 1);
  const go = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    navigate(entry.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = moved(event.key, chosen, found.length);
    if (next !== null) setWanted(next);
    else if (event.key === "Enter" && !event.nativeEvent.isComposing) go(found[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        className="b-palette-input"
        type="text"
        role="combobox"
        aria-label={t("search.label")}
        aria-expanded={found.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        {...(chosen >= 0 ? { "aria-activedescendant": `${id}-${chosen}` } : {})}
        placeholder={t("search.placeholder")}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setWanted(0);
        }}
        onKeyDown={onKeyDown}
      />
      <Found id={id} found={found} chosen={chosen} onChoose={go} />
      <p className="b-palette-end" role="status">
        {found.length > 0 ? (
          <span className="pf-v6-screen-reader">{t("search.count", { count: found.length })}</span>
        ) : pending ? (
          t("search.loading")
        ) : (
          t("search.none", { text })
        )}
        <span aria-hidden="true">{t("search.keys")}</span>
      </p>
    </>
  );
}

function moved(key: string, chosen: number, count: number): number | null {
  if (count === 0) return null;
  if (key === "ArrowDown") return (chosen + 1) % count;
  if (key === "ArrowUp") return (chosen + count - 1) % count;
  return null;
}

interface FoundProps {
  readonly id: string;
  readonly found: readonly Entry[];
  readonly chosen: number;
  readonly onChoose: (entry: Entry) => void;
}

function Found({ id, found, chosen, onChoose }: FoundProps) {
  const { t } = useTranslation();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector(`[id="${CSS.escape(`${id}-${chosen}`)}"]`)?.scrollIntoView({ block: "nearest" });
  }, [id, chosen]);
  return (
    <div ref={list} id={`${id}-list`} role="listbox" aria-label={t("search.results")} className="b-palette-list">
      {entryGroups
        .map((group) => ({ group, entries: found.filter((entry) => entry.group === group) }))
        .filter(({ entries }) => entries.length > 0)
        .map(({ group, entries }) => (
          <div key={group} role="group" aria-label={t(`search.group.${group}`)}>
            <span className="b-palette-group" aria-hidden="true">
              {t(`search.group.${group}`)}
            </span>
            {entries.map((entry) => (
              <Option
                key={entry.to + entry.label}
                id={`${id}-${found.indexOf(entry)}`}
                entry={entry}
                chosen={found.indexOf(entry) === chosen}
                onChoose={onChoose}
              />
            ))}
          </div>
        ))}
    </div>
  );
}

/** The focus stays in the field; the field points at the option that is chosen. */
function Option({
  id,
  entry,
  chosen,
  onChoose,
}: {
  readonly id: string;
  readonly entry: Entry;
  readonly chosen: boolean;
  readonly onChoose: (entry: Entry) => void;
}) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the combobox above owns focus and keys
    <div id={id} role="option" aria-selected={chosen} className="b-palette-option" onClick={() => onChoose(entry)}>
      <span>{entry.label}</span>
      <span className="b-muted b-small">{entry.detail}</span>
    </div>
  );
}

const typingRestMs = 150;

/** Asked for when the palette opens, and again when typing rests; until then what is known already is searched. */
function useAnswer(text: string): SearchAnswer | undefined {
  const fetcher = useFetcher<SearchAnswer>();
  const load = useRef(fetcher.load);
  load.current = fetcher.load;
  const query = text.trim();
  useEffect(() => {
    const timer = setTimeout(() => load.current(`${searchPath}?${new URLSearchParams({ q: query })}`), query === "" ? 0 : typingRestMs);
    return () => clearTimeout(timer);
  }, [query]);
  return fetcher.data;
}
