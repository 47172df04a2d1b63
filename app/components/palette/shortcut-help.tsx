/** What the keyboard can do here, and the switch that turns single keys off for people who dictate or slip. */
import type { ReactNode } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { Dialog } from "#app/ui/dialog.tsx";
import { destinations } from "./shortcuts.ts";

/** As it stands on keyboards. */
const control = "Ctrl";

export interface ShortcutHelpProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly single: boolean;
  readonly onSingle: (on: boolean) => void;
}

export function ShortcutHelp({ open, onClose, single, onSingle }: ShortcutHelpProps) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onClose={onClose} label={t("shortcuts.title")} className="b-help">
      <div className="b-panel-head">
        <h2>{t("shortcuts.title")}</h2>
        <button type="button" className="b-quiet-button" onClick={onClose}>
          {t("search.close")}
        </button>
      </div>
      <dl className="b-keys">
        <Keys label={t("shortcuts.search")}>
          <kbd>{control}</kbd> + <kbd>K</kbd> {t("shortcuts.or")} <kbd>⌘</kbd> + <kbd>K</kbd> {t("shortcuts.or")} <kbd>/</kbd>
        </Keys>
        <Keys label={t("shortcuts.help")}>
          <kbd>?</kbd>
        </Keys>
        {destinations.map(({ keys, name }) => (
          <Keys key={name} label={t(`shortcuts.${name}`)}>
            <kbd>{keys[0]}</kbd> {t("shortcuts.then")} <kbd>{keys[1]}</kbd>
          </Keys>
        ))}
      </dl>
      <label className="b-radio">
        <input type="checkbox" checked={single} onChange={(event) => onSingle(event.target.checked)} />
        <span>
          {t("shortcuts.use")}
          <span className="b-field-help">{t("shortcuts.useHelp")}</span>
        </span>
      </label>
    </Dialog>
  );
}

function Keys({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
