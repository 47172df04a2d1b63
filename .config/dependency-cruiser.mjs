// Who may import whom. Default deny: every folder lists what it may reach; everything else is an error. Folders and reasons:
// the table in docs/architecture.md. Tests may import what they test.
const test = "\\.(test|contract)\\.tsx?$|^tests/";

/** A folder may import itself, the packages listed, and nothing else. */
const folder = (name, path, allowed, packages = []) => ({
  name,
  severity: "error",
  comment: `${name}: only ${[...allowed, ...packages].join(", ") || "itself"}`,
  from: { path, pathNot: test },
  to: { pathNot: [path, ...allowed, ...packages.map((p) => `node_modules/${p}(/|$)`), ...typesOf(packages)] },
});

const typesOf = (packages) => packages.map((p) => `node_modules/@types/${p.replace(/^@/, "").replace("/", "__")}(/|$)`);

const domain = "^app/domain/";
const contract = "^app/contract/";
const forms = "^app/forms/";
const ports = "^app/ports/";
const services = "^app/services/";
const messages = "^app/messages/";
const components = "^app/components/";
const ui = "^app/ui/";
const builtins = "^(node:)?[a-z_/]+$";

/** Modules of the forms that live at the door of a technology: each with its own driver. */
const adapters = {
  auth: ["@node-rs/argon2", "uuid"],
  files: [],
  host: ["execa", "ipaddr.js", "zod"],
  keys: ["@peculiar/x509", "reflect-metadata", "sshpk"],
  kubernetes: ["zod"],
  libvirt: ["execa", "fast-xml-parser", "zod"],
  memory: [],
  secrets: ["zod"],
  sql: ["kysely", "sqlite3", "pg", "zod"],
};

const adapterFolders = Object.entries(adapters).map(([name, packages]) =>
  folder(`adapter-${name}`, `^app/adapters/${name}/`, [domain, ports, builtins], packages),
);

/** Folders by subject within a folder, and which folders beside them each may import. All may import the files of that folder itself. */
const subjects = {
  "app/services": {
    access: [],
    tenants: ["access"],
    people: ["access"],
    hosts: ["access"],
    operations: ["access"],
    storage: ["operations", "run"],
    clusters: ["access", "hosts", "operations", "storage", "tenants"],
    plans: ["access", "hosts", "operations"],
    run: ["clusters", "hosts"],
    drift: ["access", "clusters", "operations"],
    background: [],
  },
  "app/components": {
    text: [],
    live: [],
    shell: ["text"],
    problems: ["shell", "text"],
    hosts: ["live", "shell", "text"],
    drift: ["live", "problems", "shell", "text"],
    operations: ["live", "problems", "shell", "text"],
    plans: ["hosts", "live", "operations", "problems", "shell", "text"],
    clusters: ["drift", "hosts", "live", "operations", "problems", "shell", "text"],
    people: ["clusters", "live", "operations", "problems", "shell", "text"],
    "cluster-form": ["hosts", "problems", "shell", "text"],
    palette: ["operations", "shell", "text"],
    layout: ["cluster-form", "live", "palette", "problems", "shell", "text"],
  },
  "app/domain": {
    "add-ons": [],
    host: ["network", "plan"],
    cluster: ["add-ons", "control-plane", "host", "network", "operation", "plan", "power", "services"],
    "control-plane": ["cluster"],
    drift: ["cluster", "control-plane", "message", "plan"],
    message: [],
    "node-pool": ["cluster"],
    operation: ["cluster", "drift", "message", "plan"],
    services: ["cluster"],
    plan: ["cluster", "drift", "message", "network", "operation"],
    text: ["cluster"],
    blueprints: ["cluster"],
    network: ["cluster"],
    power: ["cluster", "plan"],
  },
  "app/ports": { hosts: [] },
  "app/foundation": { releases: [] },
  "app/adapters/sql": { database: [], migrations: [], journal: ["database"], stores: ["database", "journal"] },
  "app/adapters/sql/migrations": { messages: [] },
  "app/server": {
    requests: [],
    http: ["requests"],
    socket: ["http", "requests"],
    api: ["http", "requests", "socket"],
    backup: [],
  },
  "app/setup": {
    packages: [],
    gateway: [],
    libvirt: [],
    steps: ["libvirt", "packages"],
    launcher: ["gateway", "libvirt", "steps"],
    service: ["launcher", "libvirt", "packages"],
    "test-run": ["libvirt"],
  },
  "app/cli": { commands: [] },
  "app/ui": { time: [] },
  "app/messages": { en: [], ko: [] },
  "app/routes": { support: [] },
  pulumi: {
    toolchain: [],
    stack: [],
    events: [],
    boot: ["events"],
    recovery: ["stack"],
    driver: ["boot", "events", "recovery", "stack", "toolchain"],
    child: ["boot", "driver", "events", "recovery", "stack"],
    worker: [],
  },
  programs: { render: [], "add-ons": ["render"], services: ["render"], cluster: ["add-ons", "render", "services"] },
};

const subjectFolders = Object.entries(subjects).flatMap(([parent, folders]) =>
  Object.entries(folders).map(([folder, others]) => ({
    name: `${parent}/${folder}`,
    severity: "error",
    comment: `of ${parent}: only ${["its own files", ...others].join(", ")}`,
    from: { path: `^${parent}/${folder}/`, pathNot: test },
    to: { path: `^${parent}/[^/]+/`, pathNot: [`^${parent}/${folder}/`, ...others.map((other) => `^${parent}/${other}/`)] },
  })),
);

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: { pathNot: "^pulumi/sdks/" }, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true, pathNot: "^virtual:|\\?url$|/build/server" } },
    { name: "no-test-from-code", severity: "error", from: { pathNot: test }, to: { path: test } },
    folder("domain", domain, [], ["zod"]),
    folder("contract", contract, [domain], ["zod"]),
    folder("forms", forms, [domain], ["zod"]),
    folder("ports", ports, [domain]),
    folder("services", services, [contract, domain, ports, "^crypto$", "^timers/promises$"], ["async-mutex", "p-timeout", "yaml"]),
    ...adapterFolders,
    ...subjectFolders,
    {
      name: "foundation",
      severity: "error",
      comment: "below everything that runs: settings, paths, processes, locks, the cache of what was built",
      from: { path: "^app/foundation/", pathNot: test },
      to: { path: "^app/(?!foundation/|domain/|forms/cluster-form|ports/stack-engine|server/requests/client-address)|^pulumi/|^programs/|^ansible/" },
    },
    {
      name: "routes",
      severity: "error",
      comment: "authenticate, parse, one call of a service, answer",
      from: { path: "^app/routes/", pathNot: test },
      to: { path: "^app/(?!components|contract|domain|forms|messages|routes|services|ui)|^pulumi/|^programs/|^ansible/" },
    },
    folder("ui", ui, [], ["react", "react-dom", "@patternfly/[a-z-]+"]),
    folder("messages", messages, [domain, forms], ["i18next", "react-i18next"]),
    folder("components", components, [contract, forms, domain, ui, messages, services, ports], ["react", "@remix-run/react", "@conform-to/[a-z]+", "@patternfly/[a-z-]+", "i18next", "react-i18next", "zod"]),
    {
      name: "only-the-api-runs-the-contract",
      severity: "error",
      comment: "everybody else infers types from its schemas; a browser does not load them",
      from: { path: "^app/(?!contract/|server/)|^pulumi/|^programs/", pathNot: test },
      to: { path: contract, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "pages-know-services-as-types",
      severity: "error",
      comment: "routes and components reach services through the load context",
      from: { path: "^app/(routes|components|ui|messages|root|entry)", pathNot: test },
      to: { path: "^app/(services|ports)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "pages-know-no-technology",
      severity: "error",
      from: { path: "^app/(routes|components|ui|messages|forms|domain|services|root|entry\\.client)", pathNot: test },
      to: { path: "^app/(adapters|server|setup|cli)/|^(pulumi|programs|ansible)/|node_modules/(kysely|sqlite3|pg|ssh2|sshpk|@peculiar|tar|negotiator|express|ws|pino|execa|@pulumi)/" },
    },
    folder("cli", "^app/cli/", [contract, domain, forms, "^app/foundation/paths\\.ts$", "^app/setup/packages/own-node\\.mjs$", builtins], ["commander", "yaml", "zod"]),
    {
      name: "setup",
      severity: "error",
      from: { path: "^app/setup/", pathNot: test },
      to: { path: "^app/(services|contract|routes|components|ui|forms|cli|adapters/(?!libvirt|files))|^app/server/|^programs/|^pulumi/(?!toolchain)" },
    },
    {
      name: "server",
      severity: "error",
      from: { path: "^app/server/", pathNot: test },
      to: { path: "^app/(routes|components|ui|cli)/|^programs/|^app/setup/(?!state-file)" },
    },
    {
      name: "only-the-composition-root-chooses",
      severity: "error",
      comment: "adapters are chosen in one place; the worker process is the other",
      from: { pathNot: `${test}|^app/adapters/|^app/server/(compose|run-files)\\.server\\.ts$|^app/server/backup/|^app/setup/|^pulumi/worker|^tests/` },
      to: { path: "^app/adapters/" },
    },
    {
      name: "web-loads-no-engine",
      severity: "error",
      comment: "the engine lives in one child process per operation",
      from: { path: "^app/server/main\\.ts$" },
      to: { path: "node_modules/@pulumi/|^programs/", reachable: true },
    },
    {
      name: "pulumi",
      severity: "error",
      from: { path: "^pulumi/(?!toolchain|sdks)", pathNot: test },
      to: { path: "^app/(?!domain|ports|services/run/|foundation/)|^ansible/" },
    },
    {
      name: "programs",
      severity: "error",
      from: { path: "^programs/", pathNot: test },
      to: { path: "^app/(?!domain|ports)|^pulumi/(?!sdks)|^ansible/" },
    },
    {
      name: "toolchains",
      severity: "error",
      from: { path: "^(pulumi|ansible)/toolchain/", pathNot: test },
      to: { path: "^app/(?!foundation/|setup/packages/debian-mirror)|^programs/|^pulumi/(?!toolchain)" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules|^pulumi/sdks/|^build/" },
    exclude: { path: "^build/|^pulumi/sdks/.*/bin/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default", "types"], extensions: [".ts", ".tsx", ".mjs", ".js", ".d.ts"] },
  },
};
