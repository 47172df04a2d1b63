import { expect, test } from "vitest";
import { textMessage } from "./frame.server.ts";

// RFC 6455, section 5.2: final text frame, no mask, length in 7, 16 or 64 bits.
test.each([
  [125, "817d"],
  [126, "817e007e"],
  [65_535, "817effff"],
  [65_536, "817f0000000000010000"],
])("a message of %i bytes is one frame with the head %s", (length, head) => {
  const bytes = textMessage("x".repeat(length));
  expect(bytes.subarray(0, bytes.length - length).toString("hex")).toBe(head);
  expect(bytes.subarray(-length).toString()).toBe("x".repeat(length));
});

test("the length counts bytes of UTF-8", () => {
  expect(textMessage("노드").toString("hex")).toBe(`8106${Buffer.from("노드").toString("hex")}`);
});
