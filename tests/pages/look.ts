/**
 * Runs the fixture portal to look at it by hand: `node tests/pages/look.ts [folder] [port]`. Choose what to see with
 * the cookies `scenario`, `theme` and `language`.
 */
import { resolve } from "node:path";
import { startFixturePortal } from "./fixture-portal.ts";

const [folder = "build", port = "8090"] = process.argv.slice(2);
const portal = await startFixturePortal(resolve(folder), Number(port));
console.log(`fixture pages at ${portal.url}`);
