/** Why a plan is refused, as a message. */
import { type Message, message } from "#app/domain/message/message.ts";
import { isObstacle, type Refusal } from "./plan.ts";

const shortages = {
  memory: "not-enough-memory",
  vcpus: "not-enough-vcpus",
  disk: "not-enough-disk",
  addresses: "not-enough-addresses",
} as const;

export const refusalMessage = (refusal: Refusal): Message =>
  isObstacle(refusal) ? refusal : message(shortages[refusal.code], { needed: refusal.needed, available: refusal.available });
