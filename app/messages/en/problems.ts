/** What Berth says when it refuses, and the rule behind every field error. */
export const problem = {
  "not-found": "There is nothing here, or it is not yours to see.",
  "sign-in-needed": "Sign in first.",
  "not-allowed": "Your role does not allow this. Ask an owner of the tenant.",
  "not-allowedTo": "Your role does not allow you to {{what}}. Ask an owner of the tenant, or an operator.",
  invalid: "The request was refused. Nothing was changed.",
  invalidFields: "Check the marked fields.",
  "wrong-credentials": "Incorrect name or password.",
  "too-many-attempts_one": "Too many attempts. Try again in {{count}} second.",
  "too-many-attempts_other": "Too many attempts. Try again in {{count}} seconds.",
  "too-many-requests_one": "Too many requests at the same time. Try again in {{count}} second.",
  "too-many-requests_other": "Too many requests at the same time. Try again in {{count}} seconds.",
  "too-large": "This is more than {{kilobytes}} kB, the most that is accepted at once. Nothing was changed.",
  "wrong-type": "This address takes no content of this type. Nothing was changed.",
  unreadable: "The request cannot be read. Nothing was changed.",
  "link-over": "This one-time link was used already or has expired.",
  "name-taken": "The name {{name}} is in use. Choose another.",
  "range-exhausted": "No network is free for another cluster. Tear one down, or ask the operator for a larger address range.",
  "no-host": "No libvirt host can take this cluster.",
  "too-many-drafts": "This tenant has {{limit}} drafts, as many as it may have. Approve one, or discard one on its page.",
  "too-many-draftsExpiring":
    "This tenant has {{limit}} drafts, as many as it may have. Approve one, or discard one on its page. A draft that nobody changes is discarded after {{days}} days.",
  "too-many-previews": "This tenant has {{limit}} previews in the queue, as many as it may have. Wait until one has run, or cancel one.",
  "too-many-tokens": "You have {{limit}} API tokens that have not expired, as many as one person may have. Revoke one first.",
  "cluster-busy": "Another operation of this cluster is not finished yet.",
  "cluster-busyLink": "See that operation",
  "plan-stale": "The plan is stale: something moved since it was made. Plan again.",
  "plan-refused": "The plan does not fit.",
  "name-mismatch": "The typed name is not {{expected}}. Nothing was changed.",
  "not-ready": "Set-up has not finished. It waits for: {{waitingFor}}.",
  "wrong-state": "Not possible in the current state: {{state}}.",
  "no-kubeconfig": "There is no kubeconfig yet: the control plane was not set up.",
  "key-reused": "This form was sent before with other values. Load the page again.",
  "request-running": "The same request is still being carried out. Send it again in a moment to see its answer.",
  "secret-expired":
    "This was done already, but its answer held a secret that is kept for one hour only. For a cluster's SSH key: edit the draft with another key, or discard it and create it again. For a token or an invitation: make a new one.",
  "nothing-changed": "Nothing was changed, so there is nothing to preview.",
  "drift-stale": "The cluster was changed since the last check, so what it found may be out of date. Check again, then decide.",
  "revision-conflict":
    "Somebody wrote revision {{revision}} while you worked on revision {{basedOn}}. This is what it changed; send the form again to put yours after it.",
  "storage-full":
    "Nothing was saved: the portal's disk is full. Running operations continue as far as they can. Try again when the operator has freed disk space.",
  "storage-locked": "Nothing was saved: another program keeps the portal's database locked. Try again in a moment.",
  "storage-unreachable": "Nothing was saved: the portal's database does not answer. Try again in a moment.",
  "storage-corrupt": "Nothing was saved: the portal's database is damaged. The operator has to restore a backup.",
  "storage-newer": "Nothing was saved: a newer version of Berth has written the portal's database. The operator has to start that version.",
} as const;

/** Why a libvirt host cannot take a cluster. */
export const placement = {
  closed: "{{host}} takes no further clusters.",
  silent: "On {{host}} libvirt does not answer.",
  "no-network": "{{host}} has no free network.",
  memory: "{{host}} does not have enough memory left.",
  vcpus: "{{host}} does not have enough processors left.",
  disk: "{{host}} does not have enough disk left.",
} as const;

/** Why something is not possible, where the reason is not the state of the cluster or operation. */
export const blockedBy = {
  oneself: "This is not possible for your own account.",
  "never-live": "Not possible before the cluster was created to the end.",
  "no-kubernetes": "Not possible: this cluster has no Kubernetes.",
  "newer-revision": "Not possible while a newer revision is not live. Approve its plan or discard it first.",
  "no-newer-revision": "There is nothing to discard: the newest revision is live.",
} as const;

/** What a role may allow, as it stands in a sentence. */
export const verb = {
  portal: { enter: "use this portal", read: "see this portal" },
  preferences: { set: "set preferences" },
  image: { read: "see images" },
  setup: { read: "see the setup" },
  invite: { create: "invite people" },
  people: { read: "see people", disable: "disable people" },
  token: { read: "see tokens", create: "create tokens", revoke: "revoke tokens" },
  tenant: { create: "create tenants", read: "see this tenant" },
  cluster: {
    read: "see this cluster",
    create: "create clusters in this tenant",
    edit: "change this cluster",
    preview: "preview changes of this cluster",
    discard: "discard changes of this cluster",
    kubeconfig: "read the kubeconfig of this cluster",
  },
  plan: { read: "see plans", approve: "approve plans" },
  operation: { list: "see operations", read: "see this operation", cancel: "cancel this operation", resume: "resume this operation" },
} as const;
