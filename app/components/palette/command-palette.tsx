/** The palette, the help of the keyboard, and the keys that open them: beside every page of a signed-in person. */
import { Link, useLocation, useNavigate } from "@remix-run/react";
import { useEffect, useRef, useState, type MouseEvent } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { SearchIcon } from "#app/ui/icons.tsx";
import { searchPath } from "#app/components/shell/paths.ts";
import { Palette } from "./palette.tsx";
import { ShortcutHelp } from "./shortcut-help.tsx";
import { strokeOf, type Press, type Stroke } from "./shortcuts.ts";

const paletteKeys = "Ctrl K";

type Shown = "none" | "palette" | "help";

export function CommandPalette() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [shown, setShown] = useState<Shown>("none");
  const [single, setSingle] = useSingleKeys();
  const { key } = useLocation();
  useEffect(() => {
    if (key !== "") setShown("none"); // another page: what lay over the last one is gone
  }, [key]);
  useStrokes((stroke) => {
    if (stroke.do === "search") setShown("palette");
    if (stroke.do === "help") setShown("help");
    if (stroke.do === "go") navigate(stroke.to);
  });
  const onSearch = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setShown("palette");
  };
  return (
    <>
      <Link to={searchPath} className="b-search-link" onClick={onSearch} aria-keyshortcuts="Control+K Meta+K">
        <SearchIcon /> <span>{t("search.open")}</span>{" "}
        <span aria-hidden="true">
          <kbd>{paletteKeys}</kbd>
        </span>
      </Link>
      <button
        type="button"
        className="b-quiet-button b-help-button"
        aria-label={t("shortcuts.open")}
        title={t("shortcuts.open")}
        onClick={() => setShown("help")}
      >
        ?
      </button>
      <Palette open={shown === "palette"} onClose={() => setShown("none")} />
      <ShortcutHelp open={shown === "help"} onClose={() => setShown("none")} single={single} onSingle={setSingle} />
    </>
  );
}

const storageKey = "berth.single-keys";

/** On unless this browser was told otherwise. Read at each press: a key counts from the moment the page listens. */
const singleKeysOn = (): boolean => localStorage.getItem(storageKey) !== "off";

function useSingleKeys(): readonly [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(false);
  useEffect(() => setOn(singleKeysOn()), []);
  return [
    on,
    (wanted) => {
      localStorage.setItem(storageKey, wanted ? "on" : "off");
      setOn(wanted);
    },
  ];
}

const sequenceMs = 1000;

function useStrokes(act: (stroke: Stroke) => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    let before: { readonly key: string; readonly at: number } | null = null;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || document.querySelector("dialog[open]") !== null) return;
      const first = before !== null && event.timeStamp - before.at < sequenceMs ? before.key : null;
      const stroke = strokeOf(pressOf(event), first, singleKeysOn());
      before = stroke.do === "wait" ? { key: event.key, at: event.timeStamp } : null;
      if (stroke.do === "nothing" || stroke.do === "wait") return;
      event.preventDefault();
      latest.current(stroke);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}

function pressOf(event: KeyboardEvent): Press {
  const target = event.target instanceof HTMLElement ? event.target : null;
  const typing = target !== null && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
  return { key: event.key, ctrlOrMeta: event.ctrlKey || event.metaKey, alt: event.altKey, typing };
}
