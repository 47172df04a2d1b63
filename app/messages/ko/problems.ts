/** What Berth says when it refuses, in Korean. */
export const problem = {
  "not-found": "없는 것이거나 볼 수 없는 것입니다.",
  "sign-in-needed": "먼저 로그인하세요.",
  "not-allowed": "내 역할로는 할 수 없습니다. 테넌트 소유자에게 요청하세요.",
  "not-allowedTo": "내 역할로는 할 수 없습니다: {{what}}. 테넌트 소유자나 운영자에게 요청하세요.",
  invalid: "요청을 받아들일 수 없습니다. 아무것도 바뀌지 않았습니다.",
  invalidFields: "표시된 항목을 확인하세요.",
  "wrong-credentials": "이름 또는 비밀번호가 올바르지 않습니다.",
  "too-many-attempts_other": "시도가 너무 많았습니다. {{count}}초 뒤에 다시 시도하세요.",
  "too-many-requests_other": "동시에 보낸 요청이 너무 많습니다. {{count}}초 뒤에 다시 시도하세요.",
  "too-large": "한 번에 받을 수 있는 최대 크기인 {{kilobytes}}kB를 넘었습니다. 아무것도 바뀌지 않았습니다.",
  "wrong-type": "이 주소에서는 이런 형식의 내용을 받지 않습니다. 아무것도 바뀌지 않았습니다.",
  unreadable: "요청을 읽을 수 없습니다. 아무것도 바뀌지 않았습니다.",
  "link-over": "이 일회용 링크는 이미 사용했거나 기한이 지났습니다.",
  "name-taken": "이미 쓰이는 이름입니다: {{name}}. 다른 이름을 고르세요.",
  "range-exhausted": "클러스터에 줄 네트워크가 남지 않았습니다. 하나를 제거하거나 운영자에게 더 넓은 주소 범위를 요청하세요.",
  "no-host": "이 클러스터를 둘 수 있는 libvirt 호스트가 없습니다.",
  "too-many-drafts": "이 테넌트의 초안이 한도인 {{limit}}개에 이르렀습니다. 하나를 승인하거나 초안 페이지에서 폐기하세요.",
  "too-many-draftsExpiring":
    "이 테넌트의 초안이 한도인 {{limit}}개에 이르렀습니다. 하나를 승인하거나 초안 페이지에서 폐기하세요. 변경 없는 초안은 {{days}}일 뒤에 자동으로 폐기됩니다.",
  "too-many-previews": "이 테넌트의 대기 중인 미리보기가 한도인 {{limit}}개에 이르렀습니다. 하나가 끝날 때까지 기다리거나 취소하세요.",
  "too-many-tokens": "만료되지 않은 API 토큰이 한도인 {{limit}}개에 이르렀습니다. 먼저 하나를 폐기하세요.",
  "cluster-busy": "이 클러스터의 다른 작업이 아직 끝나지 않았습니다.",
  "cluster-busyLink": "그 작업 보기",
  "plan-stale": "오래된 계획입니다. 계획을 만든 뒤에 바뀐 것이 있으니 다시 계획하세요.",
  "plan-refused": "계획을 실행할 수 없습니다.",
  "name-mismatch": "입력한 이름이 다릅니다. 필요한 이름: {{expected}}. 아무것도 바뀌지 않았습니다.",
  "not-ready": "시스템 설정이 아직 끝나지 않았습니다. 기다리는 것: {{waitingFor}}.",
  "wrong-state": "현재 상태에서는 할 수 없습니다: {{state}}.",
  "no-kubeconfig": "아직 kubeconfig가 없습니다. 컨트롤 플레인이 만들어지지 않았습니다.",
  "key-reused": "이 양식은 다른 값으로 이미 보냈습니다. 페이지를 다시 여세요.",
  "drift-stale": "마지막 검사 뒤에 클러스터가 바뀌어 그때 찾은 내용이 이제 맞지 않을 수 있습니다. 다시 검사한 다음 결정하세요.",
  "revision-conflict":
    "리비전 {{basedOn}}을(를) 편집하는 동안 다른 사람이 리비전 {{revision}}을(를) 작성했습니다. 바뀐 내용은 아래와 같습니다. 그 위에 변경을 적용하려면 양식을 다시 보내세요.",
  "storage-full":
    "저장되지 않았습니다. 포털의 디스크가 가득 찼습니다. 실행 중인 작업은 가능한 한 계속됩니다. 운영자가 공간을 확보한 뒤 다시 시도하세요.",
  "storage-locked": "저장되지 않았습니다. 다른 프로그램이 포털의 데이터베이스를 잠그고 있습니다. 잠시 후 다시 시도하세요.",
  "storage-unreachable": "저장되지 않았습니다. 포털의 데이터베이스가 응답하지 않습니다. 잠시 후 다시 시도하세요.",
  "storage-corrupt": "저장되지 않았습니다. 포털의 데이터베이스가 손상되었습니다. 운영자가 백업을 복원해야 합니다.",
  "storage-newer": "저장되지 않았습니다. 더 새로운 버전의 Berth가 포털의 데이터베이스를 기록했습니다. 운영자가 그 버전을 시작해야 합니다.",
  "request-running": "같은 요청을 아직 처리하고 있습니다. 잠시 후 다시 보내면 결과가 표시됩니다.",
  "secret-expired":
    "이미 처리된 요청이지만, 응답에 들어 있던 비밀 값은 한 시간만 보관합니다. 클러스터의 SSH 키라면 초안을 수정해 다른 키를 지정하거나 초안을 버리고 다시 만드세요. 토큰이나 초대라면 새로 만드세요.",
  "nothing-changed": "바뀐 것이 없어 미리보기 할 것이 없습니다.",
} as const;

/** Why a libvirt host cannot take a cluster. */
export const placement = {
  closed: "{{host}}: 새 클러스터를 받지 않습니다.",
  silent: "{{host}}: libvirt가 응답하지 않습니다.",
  "no-network": "{{host}}: 남은 네트워크가 없습니다.",
  memory: "{{host}}: 남은 메모리가 부족합니다.",
  vcpus: "{{host}}: 남은 프로세서가 부족합니다.",
  disk: "{{host}}: 남은 디스크가 부족합니다.",
} as const;

/** Why something is not possible, where the reason is not the state of the cluster or operation. */
export const blockedBy = {
  oneself: "자기 계정에는 할 수 없습니다.",
  "never-live": "클러스터 생성이 끝나기 전에는 할 수 없습니다.",
  "no-kubernetes": "Kubernetes가 없는 클러스터라서 할 수 없습니다.",
  "newer-revision": "아직 적용되지 않은 새 리비전이 있어 할 수 없습니다. 먼저 그 계획을 승인하거나 리비전을 버리세요.",
  "no-newer-revision": "최신 리비전이 이미 적용되어 있어 버릴 것이 없습니다.",
} as const;

/** What a role may allow, as it stands in a sentence. */
export const verb = {
  portal: { enter: "포털 사용", read: "포털 조회" },
  preferences: { set: "환경설정 변경" },
  image: { read: "이미지 조회" },
  setup: { read: "시스템 설정 조회" },
  invite: { create: "사용자 초대" },
  people: { read: "사용자 조회", disable: "사용자 비활성화" },
  token: { read: "토큰 조회", create: "토큰 생성", revoke: "토큰 폐기" },
  tenant: { create: "테넌트 생성", read: "테넌트 조회" },
  cluster: {
    read: "클러스터 조회",
    create: "이 테넌트에 클러스터 생성",
    edit: "클러스터 변경",
    preview: "변경 미리보기",
    discard: "변경 폐기",
    kubeconfig: "kubeconfig 읽기",
  },
  plan: { read: "계획 조회", approve: "계획 승인" },
  operation: { list: "작업 조회", read: "작업 조회", cancel: "작업 취소", resume: "작업 재개" },
} as const;
