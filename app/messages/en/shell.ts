/** Frame of every page, words used everywhere, and the pages about a person. */
export const shell = {
  brand: "Berth",
  skip: "Skip to the content",
  nav: {
    label: "Pages",
    dashboard: "Clusters",
    operations: "Operations",
    images: "Images",
    setup: "Setup",
    people: "People",
    tokens: "Tokens",
  },
  account: { label: "Signed in as {{name}}", preferences: "Preferences", signOut: "Sign out", signIn: "Sign in", operator: "operator" },
  language: { switch: "Language: {{code}} ({{language}})" },
  theme: { system: "System", light: "Light", dark: "Dark" },
  loading: "Loading",
  asJson: "View as JSON",
  trail: "You are here",
  spoken: { note: "Note:", good: "Done:", warning: "Warning:", bad: "Problem:" },
} as const;

/** Lists that are shown page by page. */
export const list = {
  label: "Pages: {{list}}",
  range: "{{first, number}}–{{last, number}} of {{total, number}}",
  none: "None of {{total, number}} on this page",
  first: "First page",
  next: "Next page",
} as const;

export const tenants = {
  count_one: "{{count, number}} tenant",
  count_other: "{{count, number}} tenants",
  all: "All tenants ({{count, number}})",
  part: "Part of the name",
  role: "Your role",
} as const;

/** Going somewhere by typing, and keys that do it in one stroke. */
export const search = {
  title: "Search",
  line: "Clusters, operations, pages and actions, by any part of their names.",
  open: "Search",
  label: "Where to?",
  placeholder: "Cluster, operation, page, action",
  action: "Search",
  results: "Results",
  none: "Nothing matches “{{text}}”.",
  count_one: "{{count}} result",
  count_other: "{{count}} results",
  loading: "Searching …",
  keys: "↑ ↓ choose · Enter goes there · Esc closes",
  close: "Close",
  group: { pages: "Pages", actions: "Actions", clusters: "Clusters", operations: "Operations" },
  create: "Create a cluster in {{tenant}}",
  change: "Change {{cluster}}",
  destroy: "Destroy {{cluster}}",
  tenant: "Clusters of {{tenant}}",
} as const;

export const shortcuts = {
  title: "Keyboard shortcuts",
  open: "Keyboard shortcuts",
  use: "Enable single-key shortcuts",
  useHelp: "Off, only those with Ctrl or ⌘ work. Kept in this browser.",
  search: "Search for anything",
  help: "This list",
  clusters: "Go to the clusters",
  operations: "Go to the operations",
  images: "Go to the images",
  people: "Go to people and tokens",
  preferences: "Go to the preferences",
  then: "then",
  or: "or",
} as const;

export const word = {
  and: ", ",
  none: "none",
  created: "Created",
  state: "State",
  copy: "Copy {{what}}",
  copied: "Copied",
  copyByHand: "Your browser does not allow this page to copy. The text is selected: press Ctrl+C or ⌘C.",
  copyFailed: "Could not be copied",
  close: "Close",
  gib: "GiB",
  body: "The body",
} as const;

export const signIn = {
  title: "Sign in",
  line: "Kubernetes clusters on machines you own.",
  name: "Name",
  password: "Password",
  action: "Sign in",
  noAccount:
    "No account yet? Ask an operator of this Berth for a one-time link. The first operator finds theirs in the terminal that started Berth.",
} as const;

export const join = {
  title: "Create your account",
  line: "This link works once. Your name becomes the name of your own tenant, too.",
  operatorLine: "This link works once and makes an operator: operators see and manage everything on this Berth.",
  name: "Name",
  nameHelp: "Lower-case letters, digits and hyphens, at most 32; starts with a letter.",
  password: "Password",
  passwordHelp: "At least 12 characters. A passphrase of several words is best; pasting is welcome.",
  action: "Create my account",
  over: "This link cannot be used",
  overLine: "It was used already, has expired, or was never made. Ask for a new one.",
} as const;

export const people = {
  moreTenants_one: "and {{count, number}} more",
  moreTenants_other: "and {{count, number}} more",
  title: "People and tokens",
  count_one: "{{count}} person",
  count_other: "{{count}} people",
  everybody: "People",
  person: "Name",
  rank: "Role",
  operator: "Operator",
  tenantPerson: "Person",
  lastSignIn: "Last sign-in",
  neverYet: "never",
  enabled: "Enabled",
  disabled: "Disabled",
  disable: "Disable",
  disableNamed: "Disable {{name}}: signs them out and suspends their tokens",
  enable: "Enable",
  enableNamed: "Enable {{name}}",
  you: "This is you",
  tokens: "API tokens",
  tokensLine: "A token lets the command line and programs act as you. Send it as a bearer token.",
  noTokens: "You have no tokens.",
  label: "What is it for?",
  labelName: "Label",
  days: "Ends after",
  day_one: "{{count}} day",
  day_other: "{{count}} days",
  never: "Never",
  createToken: "Create token",
  tokenMade: "Token “{{label}}”: copy it now",
  tokenOnce: "It is shown this one time and not kept.",
  tokenWhat: "the token",
  expires: "Ends",
  revoke: "Revoke",
  revokeNamed: "Revoke token {{label}}",
  created: "Created",
  actions: "Actions",
  invite: "Invite a person",
  inviteLine: "Makes a link with which one person makes their own account and tenant. It works once.",
  inviteOperator: "They become an operator and see everything",
  makeLink: "Make one-time link",
  linkMade: "One-time link: copy it now",
  linkOnce: "It is shown this one time. Whoever opens it first makes the account, so hand it over privately.",
  linkWhat: "the link",
  linkExpires: "Ends",
  createTenant: "Create a tenant",
  tenantLine: "A further tenant, owned by you, with its own clusters, keys and state.",
  tenantName: "Tenant name",
  tenantAction: "Create tenant",
  tenantMade: "Tenant {{tenant}} was created.",
  openTenant: "Open {{tenant}}",
} as const;

export const preferences = {
  title: "Preferences",
  theme: "Theme",
  language: "Language",
  save: "Save preferences",
  line: "Kept in this browser.",
} as const;

export const missing = {
  title: "There is nothing here",
  line: "No such page, or it is not yours to see. Check the address, or begin again from the clusters.",
  home: "Go to the clusters",
  refused: "This is not possible",
} as const;

export const trouble = {
  title: "Berth cannot use its database just now",
  again_one: "Clusters keep running. This page checks again every second.",
  again_other: "Clusters keep running. This page checks again every {{count}} seconds.",
} as const;

export const broken = {
  title: "This page could not be loaded",
  line: "Something went wrong inside Berth. Trying again is safe. If it stays, give the operator this request number.",
  request: "the request number",
  again: "Try again",
} as const;

export const flash = {
  "draft-discarded": "The draft was discarded. Nothing had been built.",
  "revision-discarded": "The change was discarded. What runs was not touched.",
  "preferences-saved": "The preferences were saved.",
} as const;
