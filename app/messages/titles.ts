/**
 * Titles of browser tabs. They are needed outside of components, before a page's catalogue is there, so both languages
 * stand here. `{name}` is the object's name.
 */
import type { Language } from "./languages.ts";

const english = {
  clusters: "Clusters",
  tenants: "Tenants",
  signIn: "Sign in",
  join: "Create your account",
  people: "People and tokens",
  operations: "Operations",
  operation: "Operation on {name}",
  search: "Search",
  images: "Images",
  setup: "Setup",
  preferences: "Preferences",
  create: "Create a cluster",
  edit: "Change {name}",
  destroy: "Destroy {name}",
  plan: "Plan for {name}",
  revision: "Revision of {name}",
  receipt: "Receipt for {name}",
  drift: "Drift of {name}",
  object: "{name}",
  missing: "There is nothing here",
  broken: "Not possible now",
} as const;

export type TitleKey = keyof typeof english;

const korean: Readonly<Record<TitleKey, string>> = {
  clusters: "클러스터",
  tenants: "테넌트",
  signIn: "로그인",
  join: "계정 만들기",
  people: "사용자와 토큰",
  operations: "작업 기록",
  operation: "{name} 작업",
  search: "검색",
  images: "이미지",
  setup: "시스템 설정",
  preferences: "환경설정",
  create: "클러스터 만들기",
  edit: "변경: {name}",
  destroy: "제거: {name}",
  plan: "{name} 계획",
  revision: "{name} 리비전",
  receipt: "{name} 제거 확인서",
  drift: "{name} 명세와 다른 점",
  object: "{name}",
  missing: "찾을 수 없습니다",
  broken: "지금은 할 수 없음",
};

const titles: Readonly<Record<Language, Readonly<Record<TitleKey, string>>>> = { en: english, ko: korean };

export const titleIn = (language: Language, key: TitleKey, name: string): string =>
  `${titles[language][key].replace("{name}", name)} · Berth`;
