/** What set-up took as released files and what it compiled, on its page and on that of the images, in the reader's language. */
import { renderToString } from "react-dom/server";
import { I18nextProvider } from "react-i18next";
import { expect, test } from "vitest";
import { SetupSteps } from "#app/components/hosts/setup-steps.tsx";
import { message } from "#app/domain/message/message.ts";
import { en } from "#app/messages/en.ts";
import { createTranslations } from "#app/messages/i18n.ts";
import { ko } from "#app/messages/ko.ts";
import { NowProvider } from "#app/ui/time/now.tsx";
import { renderPage } from "./render-page.tsx";

const translations = { en: createTranslations("en", en), ko: createTranslations("ko", ko) };
const url = "https://dl.k8s.io/v1.35.4/kubernetes-server-linux-amd64.tar.gz";

function stepWith(language: "en" | "ko"): string {
  const notes = [message("release-silent", { part: "kubernetes", version: "1.35.4", url, seconds: 3 })];
  const view = { id: "image", step: { state: "running", startedAt: 1 }, estimateSeconds: 10, tail: [], notes } as const;
  return renderToString(
    <I18nextProvider i18n={translations[language]}>
      <NowProvider at={3} ask={async () => null}>
        <SetupSteps steps={[view]} detailed={true} />
      </NowProvider>
    </I18nextProvider>,
  );
}

test.each([
  ["en", `kubernetes 1.35.4 is compiled: the host of ${url} did not answer within 3 s.`],
  ["ko", `kubernetes 1.35.4 컴파일: ${url}의 호스트가 3초 안에 응답하지 않았습니다.`],
] as const)("a running step says which file was not taken, and why (%s)", (language, text) => {
  expect(stepWith(language)).toContain(text);
});

test.each([
  ["en", "1 released, 2 compiled", "Released file https://github.com/etcd-io/etcd", "did not answer within 3 s", "Compiled from source"],
  ["ko", "릴리스 1개, 컴파일 2개", "릴리스 파일 https://github.com/etcd-io/etcd", "3초 안에 응답하지 않았습니다", "소스에서 컴파일"],
] as const)("the page of images says where each program came from, with checksum and its record (%s)", async (language, ...texts) => {
  const { html } = await renderPage({ path: "/images", language });
  for (const text of [...texts, `sha256:${"887afaa4".repeat(8)}`, "https://github.com/kubernetes-sigs/kubespray"])
    expect(html).toContain(text);
});
