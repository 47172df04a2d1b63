/**
 * A worker in a process of its own, on the home of a test: `node worker-process.ts <home> <tenantId> [lease in ms]`. Made to
 * be killed, stopped and sent home (SIGTERM).
 */
import { emptyHypervisor } from "#tests/contract/empty-hypervisor.ts";
import { openRig } from "./rig.ts";

const [home = "", tenantId = "", leaseMs = "2000"] = process.argv.slice(2);
const rig = await openRig({ program: "commands.ts", hypervisor: emptyHypervisor, existing: { home, tenantId }, leaseMs: Number(leaseMs) });
const worker = rig.startWorker({ drainMs: 1_000 });
process.once("SIGTERM", () => void worker.stop().then(() => process.exit(0)));
