/** What fixes a failed step of set-up, on its page, in the reader's language. */
import { renderToString } from "react-dom/server";
import { I18nextProvider } from "react-i18next";
import { expect, test } from "vitest";
import { SetupSteps } from "#app/components/hosts/setup-steps.tsx";
import { type Message, message } from "#app/domain/message/message.ts";
import type { SetupStepId } from "#app/domain/setup.ts";
import { en } from "#app/messages/en.ts";
import { createTranslations } from "#app/messages/i18n.ts";
import { ko } from "#app/messages/ko.ts";
import { acceleratorStep } from "#app/setup/steps/accelerator.ts";
import { packagesStep } from "#app/setup/steps/packages.ts";
import { NowProvider } from "#app/ui/time/now.tsx";

const translations = { en: createTranslations("en", en), ko: createTranslations("ko", ko) };

function pageOf(language: "en" | "ko", id: SetupStepId, fix: Message): string {
  const step = { state: "failed", startedAt: 1, endedAt: 2, reasons: [message("root-needed")], fix } as const;
  const html = renderToString(
    <I18nextProvider i18n={translations[language]}>
      <NowProvider at={3} ask={async () => null}>
        <SetupSteps steps={[{ id, step, estimateSeconds: 10, tail: [] }]} detailed={false} />
      </NowProvider>
    </I18nextProvider>,
  );
  return html.replaceAll("<!-- -->", "").replaceAll("&#x27;", "'");
}

test.each([
  ["en", "To fix it, run"],
  ["ko", "고치려면 실행:"],
] as const)("a command can be copied alone (%s)", (language, before) => {
  const html = pageOf(language, "packages", packagesStep.fix);
  expect(html).toContain(before);
  expect(html).toMatch(/>npm run setup</);
});

test.each([
  ["en", "To fix it: enable virtualisation in the firmware, or set BERTH_ACCELERATOR"],
  ["ko", "고치는 방법: 펌웨어에서 가상화를 켜거나 BERTH_ACCELERATOR 설정"],
] as const)("anything else is a text (%s)", (language, text) => {
  expect(pageOf(language, "accelerator", acceleratorStep.fix)).toContain(`<span>${text}</span>`);
});
