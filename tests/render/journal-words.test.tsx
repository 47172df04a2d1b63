/** What Berth wrote into a journal, on the page of its operation, in the reader's language. */
import { type Message, message, reported } from "#app/domain/message/message.ts";
import { createStaticHandler, createStaticRouter, StaticRouterProvider } from "react-router-dom/server.js";
import { renderToString } from "react-dom/server";
import { I18nextProvider } from "react-i18next";
import { expect, test } from "vitest";
import { OperationPage } from "#app/components/operations/operation-page.tsx";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import { en } from "#app/messages/en.ts";
import { createTranslations } from "#app/messages/i18n.ts";
import { ko } from "#app/messages/ko.ts";
import { NowProvider } from "#app/ui/time/now.tsx";
import { halfMadeNote } from "#pulumi/recovery/partial-machines.ts";
import { replay } from "#app/domain/operation/progress.ts";
import { whatStays } from "#pulumi/driver/cancel-notices.ts";
import { journal, minutes, operation } from "#tests/pages/fixture-things.ts";

const translations = { en: createTranslations("en", en), ko: createTranslations("ko", ko) };

async function pageOf(
  language: "en" | "ko",
  state: "running" | "interrupted" | "cancelled",
  events: readonly OperationEvent[],
): Promise<string> {
  const all: readonly OperationEvent[] = [
    { kind: "state", to: "queued", reasons: [], by: "mina" },
    { kind: "state", to: "running", reasons: [], by: null },
    ...events,
  ];
  const entries = journal("op-words", all, minutes(5), 1000);
  const times = { state, startedAt: minutes(5), requestedAt: minutes(5), endedAt: null };
  const view = { ...operation("op-words", "demo", times), progress: replay(entries), head: entries.length };
  const routes = [{ path: "/", element: <OperationPage operation={view} once="once" problem={null} /> }];
  const context = await createStaticHandler(routes).query(new Request("http://127.0.0.1:8080/"));
  if (context instanceof Response) throw new Error(`rendering the page: answered with ${context.status}`);
  const html = renderToString(
    <I18nextProvider i18n={translations[language]}>
      <NowProvider at={minutes(0)} ask={async () => null}>
        <StaticRouterProvider router={createStaticRouter(routes, context)} context={context} hydrate={false} />
      </NowProvider>
    </I18nextProvider>,
  );
  return html.replaceAll("<!-- -->", "").replaceAll("&#x27;", "'");
}

test("what recovery did, and a message of a newer version", async () => {
  const [first, second] = exampleSpec({ workers: 1 }).machines;
  const newer = { code: "moon-moved", params: { by: 3 } } as unknown as Message;
  const did = [...exampleSpec({ workers: 1 }).machines.map(halfMadeNote), newer];
  const events: readonly OperationEvent[] = [{ kind: "recovery", automatic: true, did }];
  const korean = await pageOf("ko", "running", events);
  expect(korean).toContain(`머신 ${first?.name}: kubeadm init이 중단되었을 수 있어 이미지에서 다시 만듭니다.`);
  expect(korean).toContain(`머신 ${second?.name}: kubeadm join이 중단되었을 수 있어 이미지에서 다시 만듭니다.`);
  expect(korean).toContain("moon-moved");
  const english = await pageOf("en", "running", events);
  expect(english).toContain(`Machine ${first?.name} is recreated from its image`);
});

test("what stays after a cancel", async () => {
  const inventory = {
    machines: [
      { name: "b5abcde-cp0", state: "running" },
      { name: "b5abcde-w1", state: "stopped" },
    ],
    volumes: [{ name: "b5abcde-cp0.qcow2" }],
    networks: [{ name: "b5abcde" }],
    pools: [{ name: "b5abcde" }],
  };
  const stays = await whatStays({ inventory: () => Promise.resolve(inventory) } as unknown as Hypervisor, "b5abcde", () =>
    Promise.resolve(null),
  );
  const events: readonly OperationEvent[] = [
    { kind: "cancel-rung", rung: "put-in-order", stays },
    { kind: "state", to: "cancelled", reasons: [], by: null },
  ];
  const korean = await pageOf("ko", "cancelled", events);
  for (const thing of [
    "머신 b5abcde-cp0 (실행 중)",
    "머신 b5abcde-w1 (멈춤)",
    "디스크 b5abcde-cp0.qcow2",
    "네트워크 b5abcde",
    "스토리지 풀 b5abcde",
  ])
    expect(korean).toContain(`<li>${thing}</li>`);
  const english = await pageOf("en", "cancelled", events);
  for (const thing of ["machine b5abcde-cp0 (running)", "disk b5abcde-cp0.qcow2", "storage pool b5abcde"])
    expect(english).toContain(`<li>${thing}</li>`);
});

test("what stays as far as the state tells, while libvirt does not answer", async () => {
  const resource = {
    urn: "urn:pulumi:s::p::libvirt:index/volume:Volume::d",
    type: "libvirt:index/volume:Volume",
    custom: true,
    outputs: { name: "b5abcde-w1.qcow2" },
  };
  const stays = await whatStays({ inventory: () => Promise.reject(new Error("gone")) } as unknown as Hypervisor, "b5abcde", () =>
    Promise.resolve({ resources: [resource], pending: [] }),
  );
  expect(
    await pageOf("ko", "running", [
      { kind: "cancel-requested", by: "mina" },
      { kind: "cancel-rung", rung: "insisted", stays },
    ]),
  ).toContain("<li>디스크 b5abcde-w1.qcow2 (마지막 기록: libvirt가 응답하지 않음)</li>");
});

test("why it is interrupted, and that resuming automatically has ended", async () => {
  const reasons = [message("holder-gone"), message("gave-up", { times: 3 })];
  const events: readonly OperationEvent[] = [{ kind: "state", to: "interrupted", reasons, by: null }];
  expect(await pageOf("ko", "interrupted", events)).toContain(
    "<p>실행하던 프로세스가 사라졌습니다. 3번 재개해도 진행되지 않아 사용자의 조치를 기다립니다.</p>",
  );
  expect(await pageOf("en", "interrupted", events)).toContain(
    "<p>The process that ran it is gone. It was resumed 3 times without progress, so it waits for a person.</p>",
  );
  // Whose turn it is is not known before it was asked for.
  expect(await pageOf("en", "interrupted", events)).toContain("<p>Nothing is lost.</p>");
  expect(
    await pageOf("ko", "interrupted", [{ kind: "state", to: "interrupted", reasons: [reported("the worker went to sea")], by: null }]),
  ).toContain("<p>the worker went to sea</p>");
});

test("why it continues", async () => {
  const events: readonly OperationEvent[] = [{ kind: "state", to: "queued", reasons: [message("handed-over")], by: "Berth" }];
  expect(await pageOf("ko", "running", events)).toContain("실행하는 중에 Berth가 종료되었습니다.");
});

test("notices of Berth are translated, those of the engine are not", async () => {
  const notice = (one: Message): OperationEvent => ({ kind: "notice", level: "warning", machine: null, message: one });
  const korean = await pageOf("ko", "running", [
    notice(message("restarted-hung", { machine: "w1", line: "rcu: INFO: stalls" })),
    notice(message("cancel-late")),
    notice(reported("resource plugin is old; update it")),
  ]);
  expect(korean).toContain("부팅 중인 머신 w1: 커널이 멈춰 다시 시작합니다(rcu: INFO: stalls).");
  expect(korean).toContain("취소가 늦었습니다. 이미 모두 끝난 뒤였습니다.");
  expect(korean).toContain("resource plugin is old; update it");
});
