/** Names of states, phases, changes and causes, in Korean. */
export const clusterState = {
  draft: { word: "초안", hint: "기록만 되어 있고 아직 만든 것이 없습니다. 계획이 승인을 기다립니다." },
  provisioning: { word: "구성 중", hint: "아직 끝나지 않은 작업이 클러스터를 만들거나 바꿉니다." },
  ready: { word: "준비됨", hint: "마지막 점검에서 모든 노드가 응답했고 API를 쓸 수 있습니다." },
  saved: { word: "저장됨", hint: "머신의 메모리가 호스트 디스크에 저장되어 있고 실행 중인 머신이 없습니다. 몇 초면 깨울 수 있습니다." },
  incomplete: { word: "미완료", hint: "생성이 끝나지 않아 일부가 없을 수 있습니다. 작업을 재개하거나 클러스터를 제거하세요." },
  degraded: { word: "불완전", hint: "클러스터는 있지만 마지막 작업이 끝나지 않아 일부가 없을 수 있습니다." },
  destroying: { word: "제거 중", hint: "아직 끝나지 않은 작업이 클러스터를 제거합니다." },
  gone: { word: "없어짐", hint: "제거되었습니다. 기록과 확인서는 남아 있습니다." },
} as const;

export const operationState = {
  queued: { word: "대기", hint: "접수되어 저장되었고, 워커가 비면 시작합니다." },
  running: { word: "실행 중", hint: "지금 워커가 실행하고 있습니다." },
  succeeded: { word: "성공", hint: "하려던 일을 모두 마치고 점검했습니다." },
  failed: { word: "실패", hint: "실패한 단계에서 멈췄습니다. 만든 것은 그대로이며, 재개하면 이어집니다." },
  cancelled: { word: "취소됨", hint: "사람이 멈췄습니다. 만든 것은 재개하거나 제거할 때까지 그대로입니다." },
  interrupted: { word: "중단됨", hint: "도중에 멈췄습니다. 잃은 것은 없으며, 멈춘 곳부터 이어집니다." },
} as const;

export const queueReason = {
  starting: "빈 워커 슬롯이 있어 곧 시작합니다.",
  behind: "대기열 앞쪽에 다른 작업이 있습니다. 그 작업들이 시작된 다음 시작합니다.",
  slots: "모든 워커가 일하고 있습니다. 하나가 비면 바로 시작합니다.",
  "tenant-limit": "이 테넌트가 동시에 실행할 수 있는 만큼 실행하고 있습니다. 하나가 끝나면 시작합니다.",
  memory: "엔진을 하나 더 띄울 메모리가 호스트에 없습니다. 여유가 생기면 시작합니다.",
} as const;

export const waitingReason = {
  "disk-full": "기다리는 중: Berth의 디스크가 가득 찼습니다. 디스크에 여유 공간이 생기면 자동으로 이어집니다.",
  "database-busy": "기다리는 중: 데이터베이스를 다른 것이 쓰고 있습니다. 자동으로 이어집니다.",
} as const;

export const cancelRung = {
  asked: "멈추라고 요청함: 새 단계는 시작하지 않고, 진행 중인 단계는 도중에 그칩니다.",
  insisted: "즉시 멈추라고 지시함.",
  killed: "시작한 모든 것과 함께 강제로 끝냄.",
  "put-in-order": "남은 것을 정리함.",
} as const;

export const planPurpose = { create: "만들기", update: "업데이트", destroy: "제거" } as const;

export const operationTitle = {
  preview: "미리보기: {{cluster}}",
  "preview-destroy": "제거 미리보기: {{cluster}}",
  create: "{{cluster}} 생성",
  update: "업데이트: {{cluster}}",
  destroy: "제거: {{cluster}}",
} as const;

export const phase = {
  network: "네트워크",
  disks: "디스크",
  boot: "부팅",
  ssh: "SSH",
  init: "컨트롤 플레인",
  cni: "Pod 네트워크",
  join: "합류",
  ready: "준비 확인",
} as const;

export const step = {
  network: "클러스터 네트워크",
  pool: "스토리지 풀",
  init: "컨트롤 플레인 구성",
  cni: "Pod 네트워크 구성",
  smoke: "노드·DNS 점검",
  certificates: "컨트롤 플레인 인증서 갱신",
  kubeconfig: "kubeconfig",
  save: "모든 머신 저장: 메모리를 호스트에 반환",
  wake: "모든 머신 깨우기",
  awake: "깨운 뒤 API·노드·DNS 점검",
  clock: "시계 맞추기: {{of}}",
  addOn: "애드온 {{addOn}}",
  disk: "디스크: {{of}}",
  seed: "초기 부팅 구성: {{of}}",
  machine: "머신: {{of}}",
  ready: "SSH 연결 확인: {{of}}",
  token: "조인 토큰: {{of}}",
  seat: "노드 제거 훅: {{of}}",
  join: "합류: {{of}}",
  member: "노드 등록 확인: {{of}}",
  off: "정상 종료: {{of}}",
  rest: "drain·재시작 훅: {{of}}",
  labels: "레이블·테인트: {{of}}",
  renewal: "인증서 갱신: {{of}}",
  setup: "서비스 설정: {{of}}",
  check: "서비스 점검: {{of}}",
} as const;

export const stepShort = {
  network: "네트워크",
  pool: "스토리지",
  init: "kubeadm init",
  cni: "Pod 네트워크",
  smoke: "점검",
  certificates: "인증서",
  kubeconfig: "kubeconfig",
  save: "저장",
  wake: "깨우기",
  awake: "점검",
  clock: "시계",
  addOn: "{{addOn}}",
  disk: "디스크",
  seed: "초기 구성",
  machine: "머신",
  ready: "SSH 확인",
  token: "조인 토큰",
  seat: "제거 훅",
  join: "kubeadm join",
  member: "노드 등록",
  off: "정상 종료",
  rest: "drain·재시작",
  labels: "레이블",
  renewal: "인증서",
  setup: "설정",
  check: "점검",
} as const;

export const change = { create: "생성", update: "변경", replace: "교체", delete: "제거", same: "그대로" } as const;

export const stepStatus = { planned: "대기", running: "실행 중", done: "완료", failed: "실패", skipped: "이르지 않음" } as const;

export const role = { "control-plane": "컨트롤 플레인", worker: "워커", service: "서비스" } as const;

export const machineState = {
  running: "실행 중",
  stopped: "멈춤",
  saved: "저장됨",
  paused: "일시 정지",
  other: "전환 중",
  absent: "없음",
  unknown: "알 수 없음: libvirt가 응답하지 않음",
} as const;

export const cause = {
  "ssh-unreachable": "머신이 SSH에 응답하지 않았습니다.",
  "host-key-mismatch": "머신의 SSH 호스트 키가 정해진 것과 다릅니다.",
  "boot-timeout": "머신이 제시간에 부팅하지 못했습니다.",
  "command-failed": "머신에서 명령이 오류로 끝났습니다.",
  "kubeadm-init": "kubeadm이 컨트롤 플레인을 만들지 못했습니다.",
  "kubeadm-join": "kubeadm이 노드를 클러스터에 합류시키지 못했습니다.",
  "not-ready-in-time": "노드가 제시간에 Ready가 되지 않았습니다.",
  "libvirt-unreachable": "libvirt가 응답하지 않았습니다.",
  "out-of-memory": "libvirt 호스트의 메모리가 모자랐습니다.",
  "out-of-disk": "libvirt 호스트의 디스크가 모자랐습니다.",
  "out-of-files": "엔진이 더 이상 파일을 열 수 없었습니다.",
  "name-taken": "libvirt 호스트에 같은 이름이 이미 있습니다.",
  "subnet-in-use": "클러스터의 주소 범위가 libvirt 호스트에서 이미 쓰이고 있습니다.",
  "port-taken": "클러스터에 필요한 포트를 다른 프로그램이 쓰고 있습니다.",
  "dns-port-taken": "libvirt 호스트의 다른 프로그램이 클러스터 네트워크의 53번 포트를 쓰고 있어 이름 서비스를 시작하지 못했습니다.",
  "disruption-budget": "노드를 drain하지 못했습니다. 중단 예산(PodDisruptionBudget)이 파드를 내보내지 못하게 합니다.",
  "file-access-denied": "하이퍼바이저가 머신의 디스크를 읽을 수 없습니다. AppArmor나 SELinux, 또는 폴더 권한이 막고 있습니다.",
  "firewall-rules": "libvirt가 클러스터 네트워크의 방화벽 규칙을 쓰지 못했습니다.",
  "traffic-not-forwarded": "libvirt 호스트가 클러스터 머신이 내보내는 트래픽을 전달하지 않습니다.",
  "confinement-incomplete": "libvirt가 AppArmor로 머신을 격리할 수 없어 머신을 시작하지 못합니다.",
  "stale-plan": "계획이 클러스터의 현재 상태와 맞지 않습니다.",
  "engine-crashed": "엔진이 예기치 않게 끝났습니다.",
  "engine-hung": "엔진이 아무 반응도 보이지 않아 종료했습니다.",
  "first-boot": "머신의 첫 부팅이 실패했습니다. seed 디스크를 읽지 못했거나 시스템이 시작되지 않았습니다.",
  "machine-stopped": "머신을 구성하는 중에 머신이 꺼졌습니다.",
  "phase-budget": "한 단계가 허용된 시간을 넘겼습니다.",
  "engine-missing": "엔진이 아직 준비되지 않았습니다.",
  "state-locked": "다른 실행이 이 클러스터의 상태를 잠그고 있습니다.",
  "state-torn": "이 클러스터의 구성 기록이 손상되었거나 오래된 사본이어서 그것만으로는 이어갈 수 없습니다.",
  unknown: "원인을 알아내지 못했습니다. 마지막 줄을 살펴보세요.",
} as const;

export const nextAction = {
  resume: "재개하면 멈춘 곳부터 이어지며, 마친 것은 그대로입니다.",
  "preview-again": "다시 계획하세요. 새 계획은 지금 있는 것에서 시작합니다.",
  destroy: "클러스터를 제거하고 다시 만드세요.",
  "wait-for-setup": "시스템 설정이 끝나면 재개하세요.",
  "check-libvirt": "운영자에게 libvirt 점검을 요청한 뒤 재개하세요.",
  "free-room": "libvirt 호스트의 메모리나 디스크를 비운 뒤 재개하세요.",
  "ask-operator": "운영자에게 문의하세요. 메시지에 무엇이 막고 있는지 나와 있습니다. 그런 다음 재개하세요.",
  "relax-budget": "파드를 내보낼 수 있게 복제본을 늘리거나 중단 예산을 바꾸세요. 그런 다음 재개하세요.",
} as const;

export const nextPreview = {
  resume: "다시 계획하세요. 바뀐 것은 없습니다.",
  "preview-again": nextAction["preview-again"],
  destroy: nextAction.destroy,
  "wait-for-setup": "시스템 설정이 끝나면 다시 계획하세요.",
  "check-libvirt": "운영자에게 libvirt 점검을 요청한 뒤 다시 계획하세요.",
  "free-room": "libvirt 호스트의 메모리나 디스크를 비운 뒤 다시 계획하세요.",
  "ask-operator": "운영자에게 문의하세요. 메시지에 무엇이 막고 있는지 나와 있습니다. 그런 다음 다시 계획하세요.",
  "relax-budget": "파드를 내보낼 수 있게 복제본을 늘리거나 중단 예산을 바꾸세요. 그런 다음 다시 계획하세요.",
} as const;

export const turn = {
  person: { short: "사람을 기다립니다", line: "잃은 것은 없습니다. 사람을 기다립니다. 재개하면 멈춘 곳부터 이어집니다." },
  libvirt: { short: "libvirt를 기다립니다", line: "잃은 것은 없습니다. libvirt가 응답하면 자동으로 이어집니다." },
  image: { short: "이미지를 기다립니다", line: "잃은 것은 없습니다. 계획에 쓰인 노드 이미지가 준비되면 자동으로 이어집니다." },
  berth: { short: "자동으로 이어집니다", line: "잃은 것은 없습니다. 30초 안에 자동으로 이어집니다." },
} as const;

export const refusal = {
  memory: "메모리: {{needed}} {{unit}} 필요, {{available}} {{unit}} 남음. 더 작거나 적은 머신을 고르거나 다른 클러스터를 제거하세요.",
  vcpus: "프로세서: {{needed}} {{unit}} 필요, {{available}} {{unit}} 남음. 더 작거나 적은 머신을 고르세요.",
  disk: "디스크: {{needed}} {{unit}} 필요, {{available}} {{unit}} 남음. 더 작은 디스크나 적은 머신을 고르세요.",
  addresses: "주소: {{needed}} 필요, {{available}} 남음. 클러스터를 제거하거나 운영자에게 더 넓은 범위를 요청하세요.",
} as const;

export const setupStep = {
  packages: { name: "패키지", line: "libvirt 호스트에 필요한 Debian 패키지." },
  portal: { name: "포털", line: "페이지, 데이터베이스, 키." },
  hypervisor: { name: "하이퍼바이저", line: "이 장비의 libvirt, 또는 Berth가 직접 띄우는 libvirt." },
  accelerator: { name: "가속", line: "머신이 하드웨어로 실행되는지 에뮬레이션으로 실행되는지." },
  engine: { name: "엔진", line: "클러스터를 만드는 엔진과 프로바이더. 미리보기에 필요합니다." },
  image: { name: "머신 이미지", line: "Kubernetes가 들어 있는 디스크 이미지. 클러스터 생성에 필요합니다." },
} as const;

export const setupState = { waiting: "대기", running: "진행 중", done: "완료", failed: "실패" } as const;

export const receiptWhat = {
  machine: "머신",
  disk: "디스크",
  network: "네트워크",
  pool: "스토리지 풀",
  file: "파일",
  state: "상태",
  secret: "비밀 값",
  address: "주소",
} as const;

export const memberRole = { owner: "소유자", member: "구성원", viewer: "열람자" } as const;
