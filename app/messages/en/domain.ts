/** Names of states, phases, changes and causes, each with the sentence that explains it. */
export const clusterState = {
  draft: { word: "Draft", hint: "Written down, nothing built yet. Its plan waits for approval." },
  provisioning: { word: "Provisioning", hint: "An operation that is not over builds or changes it." },
  ready: { word: "Ready", hint: "Every node answered the last check and the API can be used." },
  saved: {
    word: "Saved",
    hint: "The memory of its machines lies on the host's disk, and none of them runs. Waking it takes seconds.",
  },
  degraded: { word: "Degraded", hint: "It exists, but the last operation did not finish: parts may be missing." },
  incomplete: {
    word: "Incomplete",
    hint: "Its creation did not finish: parts may be missing. Resume the operation, or destroy the cluster.",
  },
  destroying: { word: "Destroying", hint: "An operation that is not over takes it down." },
  gone: { word: "Gone", hint: "Torn down. Its history and receipt are kept." },
} as const;

export const operationState = {
  queued: { word: "Queued", hint: "Accepted and durable; it starts when a worker is free." },
  running: { word: "Running", hint: "A worker is executing it now." },
  succeeded: { word: "Succeeded", hint: "Everything it set out to do is done and was checked." },
  failed: { word: "Failed", hint: "It stopped at a step that did not work. What was built stays; resume continues from there." },
  cancelled: { word: "Cancelled", hint: "A person stopped it. What was built stays until it is resumed or destroyed." },
  interrupted: { word: "Interrupted", hint: "It stopped half way. Nothing is lost: it continues from there." },
} as const;

/** Why an operation has not started yet. */
export const queueReason = {
  starting: "A worker slot is free. It starts in a moment.",
  behind: "Other operations are before it in the queue. It starts after them.",
  slots: "Every worker slot is taken. It starts as soon as one is free.",
  "tenant-limit": "This tenant runs as many operations at once as it may. It starts when one of them ends.",
  memory: "The host has no memory to spare for another engine. It starts when there is some.",
} as const;

/** Why an operation stands still. */
export const waitingReason = {
  "disk-full": "It waits: the disk of this Berth is full. It continues automatically as soon as disk space is free.",
  "database-busy": "It waits: the database is in use by something else. It continues automatically.",
} as const;

/** The rungs of a cancel, from asking to force. */
export const cancelRung = {
  asked: "Asked to stop: nothing new begins, and steps under way are cut short.",
  insisted: "Told to stop at once.",
  killed: "Ended by force, with everything it had started.",
  "put-in-order": "What it left behind is cleaned up.",
} as const;

export const planPurpose = { create: "Creation", update: "Update", destroy: "Teardown" } as const;

/** Title of an operation: what it does to which cluster. */
export const operationTitle = {
  preview: "Preview of {{cluster}}",
  "preview-destroy": "Preview of tearing down {{cluster}}",
  create: "Create {{cluster}}",
  update: "Update of {{cluster}}",
  destroy: "Teardown of {{cluster}}",
} as const;

export const phase = {
  network: "Network",
  disks: "Disks",
  boot: "Boot",
  ssh: "SSH",
  init: "Control plane",
  cni: "Pod network",
  join: "Join",
  ready: "Ready",
} as const;

/** Steps, each about one machine or the whole cluster. */
export const step = {
  network: "Cluster network",
  pool: "Storage pool",
  init: "Set-up of the control plane",
  cni: "Set-up of the pod network",
  smoke: "Node and DNS check",
  certificates: "Renewal of the control plane's certificates",
  kubeconfig: "kubeconfig",
  save: "Saving of all machines: their memory is returned to the host",
  wake: "Waking of all machines",
  awake: "API, nodes and DNS check after waking",
  clock: "Clock of {{of}}",
  addOn: "Add-on {{addOn}}",
  disk: "Disk of {{of}}",
  seed: "First-boot config for {{of}}",
  machine: "Machine {{of}}",
  ready: "SSH reachable: {{of}}",
  token: "Join token for {{of}}",
  seat: "Node removal hook: {{of}}",
  join: "Joining of {{of}}",
  member: "Node {{of}} registered",
  off: "Orderly shut-down of {{of}}",
  rest: "Drain and restart hook: {{of}}",
  labels: "Labels and taints of {{of}}",
  renewal: "Renewal of the certificates of {{of}}",
  setup: "Set-up of the service on {{of}}",
  check: "Check of the service on {{of}}",
} as const;

/** The same where lane and phase stand beside it. */
export const stepShort = {
  network: "Network",
  pool: "Storage",
  init: "kubeadm init",
  cni: "Pod network",
  smoke: "Check",
  certificates: "Certificates",
  kubeconfig: "kubeconfig",
  save: "Save",
  wake: "Wake",
  awake: "Check",
  clock: "Clock",
  addOn: "{{addOn}}",
  disk: "Disk",
  seed: "Settings",
  machine: "Machine",
  ready: "SSH reachable",
  token: "Join token",
  seat: "Removal hook",
  join: "kubeadm join",
  member: "Registration",
  off: "Shut-down",
  rest: "Drain, restart",
  labels: "Labels",
  renewal: "Certificates",
  setup: "Set-up",
  check: "Check",
} as const;

export const change = {
  create: "create",
  update: "change",
  replace: "replace",
  delete: "remove",
  same: "unchanged",
} as const;

export const stepStatus = {
  planned: "waiting",
  running: "running",
  done: "done",
  failed: "failed",
  skipped: "not reached",
} as const;

export const role = { "control-plane": "Control plane", worker: "Worker", service: "Service" } as const;

export const machineState = {
  running: "Running",
  stopped: "Stopped",
  saved: "Saved",
  paused: "Paused",
  other: "In transition",
  absent: "Not there",
  unknown: "Unknown: libvirt did not answer",
} as const;

export const cause = {
  "ssh-unreachable": "The machine did not answer on SSH.",
  "host-key-mismatch": "The machine showed another SSH host key than the one decided for it.",
  "boot-timeout": "The machine did not finish booting in time.",
  "command-failed": "A command on the machine ended with an error.",
  "kubeadm-init": "kubeadm could not set up the control plane.",
  "kubeadm-join": "kubeadm could not join the node to the cluster.",
  "not-ready-in-time": "The nodes did not become Ready in time.",
  "libvirt-unreachable": "libvirt did not answer.",
  "out-of-memory": "The libvirt host ran out of memory.",
  "out-of-disk": "The libvirt host ran out of disk.",
  "out-of-files": "The engine could open no more files.",
  "name-taken": "Something with the same name exists on the libvirt host.",
  "subnet-in-use": "The cluster's address range is in use on the libvirt host.",
  "port-taken": "Another program uses a port that the cluster needs.",
  "dns-port-taken": "Another program on the libvirt host uses port 53 of the cluster's network, so its name service could not start.",
  "disruption-budget": "The node could not be drained: a disruption budget does not let a pod go.",
  "file-access-denied": "The hypervisor may not read a machine's disk: AppArmor, SELinux or the rights of a folder forbid it.",
  "firewall-rules": "libvirt could not write the firewall rules of the cluster's network.",
  "traffic-not-forwarded": "The libvirt host does not forward what the cluster's machines send out.",
  "confinement-incomplete": "libvirt cannot confine machines with AppArmor, and starts none without that.",
  "stale-plan": "The plan no longer fits the state of the cluster.",
  "engine-crashed": "The engine ended unexpectedly.",
  "engine-hung": "The engine stopped giving any sign of life and was ended.",
  "first-boot": "The machine's first boot failed: it could not read its seed disk, or its system did not start.",
  "machine-stopped": "The machine stopped while it was being set up.",
  "phase-budget": "A step took longer than any step of its phase may take.",
  "engine-missing": "The engine is not built yet.",
  "state-locked": "Another run holds the lock on this cluster's state.",
  "state-torn": "The cluster's state file is damaged or outdated, and that is not enough to continue.",
  unknown: "The cause was not recognised. The last lines may say more.",
} as const;

export const nextAction = {
  resume: "Resume continues where it stopped; what is done is kept.",
  "preview-again": "Plan again: the new plan will start from what is there now.",
  destroy: "Tear the cluster down and create it again.",
  "wait-for-setup": "Wait until set-up is finished, then resume.",
  "check-libvirt": "Ask the operator to check libvirt, then resume.",
  "free-room": "Free memory or disk on the libvirt host, then resume.",
  "ask-operator": "Ask the operator: the message names what is in the way. Then resume.",
  "relax-budget": "Let the pod go: add replicas, or change its disruption budget. Then resume.",
} as const;

/** The same for a preview, which is not resumed. */
export const nextPreview = {
  resume: "Plan again: nothing was changed.",
  "preview-again": nextAction["preview-again"],
  destroy: nextAction.destroy,
  "wait-for-setup": "Wait until set-up is finished, then plan again.",
  "check-libvirt": "Ask the operator to check libvirt, then plan again.",
  "free-room": "Free memory or disk on the libvirt host, then plan again.",
  "ask-operator": "Ask the operator: the message names what is in the way. Then plan again.",
  "relax-budget": "Let the pod go: add replicas, or change its disruption budget. Then plan again.",
} as const;

/** Whose turn it is while an operation is interrupted. */
export const turn = {
  person: { short: "waits for a person", line: "Nothing is lost. It waits for a person: Resume continues where it stopped." },
  libvirt: { short: "waits for libvirt", line: "Nothing is lost. It continues automatically as soon as libvirt answers." },
  image: {
    short: "waits for its image",
    line: "Nothing is lost. It continues automatically as soon as the node image that it was planned with is there.",
  },
  berth: { short: "continues automatically", line: "Nothing is lost. It continues automatically within half a minute." },
} as const;

export const refusal = {
  memory: "Memory: {{needed}} {{unit}} needed, {{available}} {{unit}} free. Choose smaller or fewer machines, or tear down a cluster.",
  vcpus: "Processors: {{needed}} {{unit}} needed, {{available}} {{unit}} free. Choose smaller or fewer machines.",
  disk: "Disk: {{needed}} {{unit}} needed, {{available}} {{unit}} free. Choose smaller disks or fewer machines.",
  addresses: "Addresses: {{needed}} needed, {{available}} free. Tear down a cluster, or ask the operator for a larger range.",
} as const;

export const setupStep = {
  packages: { name: "Packages", line: "Debian packages that the libvirt host needs." },
  portal: { name: "Portal", line: "The pages, the database and the keys." },
  hypervisor: { name: "Hypervisor", line: "The machine's own libvirt, or one that Berth runs for itself." },
  accelerator: { name: "Accelerator", line: "Whether machines run on hardware or in emulation." },
  engine: { name: "Engine", line: "The engine that builds clusters, with its providers. Previews need it." },
  image: { name: "Machine image", line: "The disk image with Kubernetes inside. Creating clusters needs it." },
} as const;

export const setupState = { waiting: "waiting", running: "running", done: "done", failed: "failed" } as const;

export const receiptWhat = {
  machine: "Machine",
  disk: "Disk",
  network: "Network",
  pool: "Storage pool",
  file: "File",
  state: "State",
  secret: "Secret",
  address: "Address",
} as const;

export const memberRole = { owner: "owner", member: "member", viewer: "viewer" } as const;
