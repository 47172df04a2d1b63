/** Frame of every page, words used everywhere, and the pages about a person, in Korean. */
export const shell = {
  brand: "Berth",
  skip: "본문으로 건너뛰기",
  nav: { label: "페이지", dashboard: "클러스터", operations: "작업 기록", images: "이미지", setup: "설치 준비", people: "사용자", tokens: "토큰" },
  account: { label: "로그인한 사용자: {{name}}", preferences: "환경설정", signOut: "로그아웃", signIn: "로그인", operator: "운영자" },
  language: { switch: "언어: {{language}}" },
  theme: { system: "시스템 설정에 따름", light: "밝게", dark: "어둡게" },
  loading: "불러오는 중",
  trail: "현재 위치",
  spoken: { note: "참고:", good: "완료:", warning: "주의:", bad: "문제:" },
} as const;

export const word = {
  and: ", ",
  none: "없음",
  created: "생성:",
  state: "상태",
  copy: "복사: {{what}}",
  copied: "복사했습니다",
  copyRefused: "브라우저가 복사를 허용하지 않았습니다. 글자를 선택해 직접 복사하세요.",
  gib: "GiB",
} as const;

export const signIn = {
  title: "로그인",
  line: "내 장비 위의 Kubernetes 클러스터.",
  name: "이름",
  password: "비밀번호",
  action: "로그인",
  noAccount: "계정이 없다면 운영자에게 일회용 링크를 요청하세요. 첫 운영자의 링크는 Berth를 시작한 터미널에 표시됩니다.",
} as const;

export const join = {
  title: "계정 만들기",
  line: "이 링크는 한 번만 쓸 수 있습니다. 이름은 내 테넌트의 이름이 되기도 합니다.",
  operatorLine: "이 링크는 한 번만 쓸 수 있으며 운영자 계정을 만듭니다. 운영자는 이 Berth의 모든 것을 보고 관리합니다.",
  name: "이름",
  nameHelp: "영문 소문자, 숫자, 하이픈. 32자 이하이며 글자로 시작합니다.",
  password: "비밀번호",
  passwordHelp: "12자 이상. 여러 단어로 된 문장이 가장 좋으며, 붙여넣기도 됩니다.",
  action: "계정 만들기",
  over: "이 링크는 끝났습니다",
  overLine: "이미 사용했거나, 기한이 지났거나, 만들어진 적이 없습니다. 새 링크를 요청하세요.",
} as const;

export const people = {
  title: "사용자와 토큰",
  tokens: "API 토큰",
  tokensLine: "명령줄과 프로그램이 토큰으로 나를 대신합니다. bearer 토큰으로 보내세요.",
  noTokens: "토큰이 없습니다.",
  label: "용도",
  days: "기한",
  day_other: "{{count}}일",
  never: "기한 없음",
  createToken: "토큰 만들기",
  tokenMade: "토큰 “{{label}}”: 지금 복사하세요",
  tokenOnce: "지금 한 번만 표시되며 저장되지 않습니다.",
  tokenWhat: "토큰",
  expires: "기한",
  revoke: "폐기",
  revokeNamed: "토큰 폐기: {{label}}",
  created: "만든 때",
  actions: "동작",
  invite: "사용자 초대",
  inviteLine: "한 사람이 자신의 계정과 테넌트를 만드는 일회용 링크를 만듭니다.",
  inviteOperator: "운영자로 초대하며, 모든 것을 보게 됩니다",
  makeLink: "일회용 링크 만들기",
  linkMade: "일회용 링크: 지금 복사하세요",
  linkOnce: "지금 한 번만 표시됩니다. 먼저 여는 사람이 계정을 만들게 되니 은밀히 전달하세요.",
  linkWhat: "링크",
  linkExpires: "기한:",
  createTenant: "테넌트 만들기",
  tenantLine: "나의 추가 테넌트. 클러스터, 키, 상태가 따로 있습니다.",
  tenantName: "테넌트 이름",
  tenantAction: "테넌트 만들기",
  tenantMade: "테넌트를 만들었습니다: {{tenant}}",
  openTenant: "열기: {{tenant}}",
} as const;

export const preferences = {
  title: "환경설정",
  theme: "화면 테마",
  language: "언어",
  save: "이대로 저장",
  line: "이 브라우저에 저장됩니다.",
} as const;

export const missing = {
  title: "찾을 수 없습니다",
  line: "없는 페이지이거나 볼 수 없는 페이지입니다. 주소를 확인하거나 클러스터 목록에서 다시 시작하세요.",
  home: "클러스터 목록으로",
  refused: "할 수 없는 일입니다",
} as const;

export const broken = {
  title: "페이지를 만들지 못했습니다",
  line: "Berth 내부에서 문제가 생겼습니다. 다시 시도해도 안전합니다. 계속되면 운영자에게 아래 요청 번호를 알려 주세요.",
  request: "요청 번호",
  again: "다시 시도",
} as const;
