/** What Berth or the engine had to say besides output. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { Notice } from "#app/domain/operation/progress.ts";
import { messageText } from "#app/messages/message-text.ts";
import { ExclamationCircleIcon, ExclamationTriangleIcon, NoteIcon } from "#app/ui/icons.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";

const looks = {
  note: { icon: NoteIcon, tone: "active", word: "note" },
  warning: { icon: ExclamationTriangleIcon, tone: "warning", word: "warning" },
  error: { icon: ExclamationCircleIcon, tone: "bad", word: "bad" },
} as const;

export function Notices({ notices }: { readonly notices: readonly Notice[] }) {
  const { t } = useTranslation();
  if (notices.length === 0) return null;
  return (
    <Panel title={t("operation.notices")}>
      <ul className="b-steps">
        {notices.map((notice) => (
          <NoticeRow key={`${notice.at} ${JSON.stringify(notice.message)}`} notice={notice} />
        ))}
      </ul>
    </Panel>
  );
}

function NoticeRow({ notice }: { readonly notice: Notice }) {
  const { t } = useTranslation();
  const { icon: Icon, tone, word } = looks[notice.level];
  return (
    <li className="b-step">
      <span className={`b-step-icon b-tone-${tone}`}>
        <Icon />
      </span>
      <span className="b-step-name">
        <span className="pf-v6-screen-reader">{t(`shell.spoken.${word}`)} </span>
        {notice.machine !== null && <strong>{notice.machine}: </strong>}
        {messageText(notice.message, t)}
      </span>
      <span className="b-step-word">
        <Moment at={notice.at} />
      </span>
    </li>
  );
}
