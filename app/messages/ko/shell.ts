/** Frame of every page, words used everywhere, and the pages about a person, in Korean. */
export const shell = {
  brand: "Berth",
  skip: "본문으로 건너뛰기",
  nav: {
    label: "페이지",
    dashboard: "클러스터",
    operations: "작업 기록",
    images: "이미지",
    setup: "시스템 설정",
    people: "사용자",
    tokens: "토큰",
  },
  account: { label: "로그인한 사용자: {{name}}", preferences: "환경설정", signOut: "로그아웃", signIn: "로그인", operator: "운영자" },
  language: { switch: "언어: {{code}} ({{language}})" },
  theme: { system: "시스템 설정에 따름", light: "밝게", dark: "어둡게" },
  loading: "불러오는 중",
  asJson: "JSON으로 보기",
  trail: "현재 위치",
  spoken: { note: "참고:", good: "완료:", warning: "주의:", bad: "문제:" },
} as const;

export const list = {
  label: "페이지: {{list}}",
  range: "{{total, number}}개 중 {{first, number}}–{{last, number}}",
  none: "전체 {{total, number}}개, 이 페이지에는 없음",
  first: "첫 페이지",
  next: "다음 페이지",
} as const;

export const tenants = {
  count_other: "테넌트 {{count, number}}개",
  all: "모든 테넌트({{count, number}}개)",
  part: "이름의 일부",
  role: "내 역할",
} as const;

export const search = {
  title: "검색",
  line: "클러스터, 작업, 페이지, 동작을 이름의 어느 부분으로든 찾습니다.",
  open: "검색",
  label: "어디로 갈까요?",
  placeholder: "클러스터, 작업, 페이지, 동작",
  action: "검색",
  results: "결과",
  none: "“{{text}}” — 맞는 것이 없습니다.",
  count_other: "결과 {{count}}개",
  loading: "찾는 중 …",
  keys: "↑ ↓ 고르기 · Enter 이동 · Esc 닫기",
  close: "닫기",
  group: { pages: "페이지", actions: "동작", clusters: "클러스터", operations: "작업" },
  create: "클러스터 만들기: {{tenant}}",
  change: "변경: {{cluster}}",
  destroy: "제거: {{cluster}}",
  tenant: "테넌트의 클러스터: {{tenant}}",
} as const;

export const shortcuts = {
  title: "키보드 단축키",
  open: "키보드 단축키",
  use: "글자 하나로 된 단축키 사용",
  useHelp: "끄면 Ctrl이나 ⌘와 함께 누르는 것만 됩니다. 이 브라우저에 저장됩니다.",
  search: "전체 검색",
  help: "이 목록",
  clusters: "클러스터로 이동",
  operations: "작업 기록으로 이동",
  images: "이미지로 이동",
  people: "사용자와 토큰으로 이동",
  preferences: "환경설정으로 이동",
  then: "다음에",
  or: "또는",
} as const;

export const word = {
  and: ", ",
  none: "없음",
  created: "생성:",
  state: "상태",
  copy: "복사: {{what}}",
  copied: "복사했습니다",
  copyByHand: "브라우저가 이 페이지의 복사를 허용하지 않습니다. 텍스트가 선택되어 있으니 Ctrl+C 또는 ⌘C를 누르세요.",
  copyFailed: "복사하지 못했습니다",
  close: "닫기",
  gib: "GiB",
  body: "본문",
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
  over: "쓸 수 없는 링크입니다",
  overLine: "이미 사용했거나, 기한이 지났거나, 만들어진 적이 없습니다. 새 링크를 요청하세요.",
} as const;

export const people = {
  moreTenants_other: "외 {{count, number}}개",
  title: "사용자와 토큰",
  count_other: "사용자 {{count}}명",
  everybody: "사용자",
  person: "이름",
  rank: "역할",
  operator: "운영자",
  tenantPerson: "일반 사용자",
  lastSignIn: "마지막 로그인",
  neverYet: "없음",
  enabled: "활성",
  disabled: "비활성화됨",
  disable: "비활성화",
  disableNamed: "비활성화: {{name}} (로그아웃되고 토큰이 정지됩니다)",
  enable: "활성화",
  enableNamed: "활성화: {{name}}",
  you: "나",
  tokens: "API 토큰",
  tokensLine: "명령줄과 프로그램이 토큰으로 나를 대신합니다. bearer 토큰으로 보내세요.",
  noTokens: "토큰이 없습니다.",
  label: "용도",
  labelName: "용도",
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
  inviteLine: "한 사람이 자신의 계정과 테넌트를 만드는 링크를 만듭니다. 한 번만 쓸 수 있습니다.",
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
  save: "환경설정 저장",
  line: "이 브라우저에 저장됩니다.",
} as const;

export const missing = {
  title: "찾을 수 없습니다",
  line: "없는 페이지이거나 볼 수 없는 페이지입니다. 주소를 확인하거나 클러스터 목록에서 다시 시작하세요.",
  home: "클러스터 목록으로",
  refused: "할 수 없는 일입니다",
} as const;

export const trouble = {
  title: "지금은 Berth가 데이터베이스를 쓸 수 없습니다",
  again_other: "클러스터는 계속 실행됩니다. 이 페이지는 {{count}}초마다 다시 확인합니다.",
} as const;

export const broken = {
  title: "페이지를 불러오지 못했습니다",
  line: "Berth 내부에서 문제가 생겼습니다. 다시 시도해도 안전합니다. 계속되면 운영자에게 아래 요청 번호를 알려 주세요.",
  request: "요청 번호",
  again: "다시 시도",
} as const;

export const flash = {
  "draft-discarded": "초안을 버렸습니다. 만들어진 것은 없습니다.",
  "revision-discarded": "변경을 버렸습니다. 실행 중인 것은 그대로입니다.",
  "preferences-saved": "환경설정을 저장했습니다.",
} as const;
