/** A worker in a process of its own, on the home of a test: `node worker-process.ts <home> <tenantId>`. Made to be killed. */
import { noHypervisor, openRig } from "./rig.ts";

const [home = "", tenantId = ""] = process.argv.slice(2);
const rig = await openRig({ program: "commands.ts", hypervisor: noHypervisor, existing: { home, tenantId }, leaseMs: 2_000 });
rig.startWorker();
