/**
 * Entries as they go over the wire. A frame is encoded once, WebSocket header included, and the same bytes are written to
 * every viewer: what is left per viewer is one write.
 */
import { Sender } from "ws";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";

/** Encoded {@link StreamFrame} of the entries after `from` up to and including `to`. */
export interface Frame {
  readonly from: number;
  readonly to: number;
  readonly bytes: Buffer;
  /** The last state these entries tell of. */
  readonly state: OperationState | null;
}

const bytesPerFrame = 65_536;

/**
 * Entries in as few frames as fit in 64 KiB each; a larger entry is a frame of its own. `after` is the cursor they were
 * read with. Throws when they do not follow it without a gap: nobody may be shown a record with a hole in it.
 */
export function framesOf(after: number, entries: readonly JournalEntry[]): readonly Frame[] {
  const frames: Frame[] = [];
  let texts: string[] = [];
  let size = 0;
  let begun = 0;
  entries.forEach((entry, i) => {
    if (entry.seq !== after + i + 1)
      throw new Error(`reading the journal of operation ${entry.operationId}: entry ${after + i + 1} is missing`);
    const text = JSON.stringify(entry);
    if (size > 0 && size + text.length > bytesPerFrame) {
      frames.push(frameOf(after, entries.slice(begun, i), texts));
      [texts, size, begun] = [[], 0, i];
    }
    texts.push(text);
    size += text.length;
  });
  if (texts.length > 0) frames.push(frameOf(after, entries.slice(begun), texts));
  return frames;
}

function frameOf(after: number, entries: readonly JournalEntry[], texts: readonly string[]): Frame {
  const from = (entries[0]?.seq ?? after + 1) - 1;
  const states = entries.flatMap(({ event }) => (event.kind === "state" ? [event.to] : []));
  return { from, to: from + entries.length, bytes: textMessage(`{"entries":[${texts.join(",")}]}`), state: states.at(-1) ?? null };
}

/** One text message as a server sends it: in one frame, unmasked. */
export function textMessage(text: string): Buffer {
  const asServer = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };
  return Buffer.concat(Sender.frame(Buffer.from(text), asServer));
}

declare module "ws" {
  /** Public in the package, and missing in its types. */
  const Sender: {
    frame(
      data: Buffer,
      options: {
        readonly fin: boolean;
        readonly rsv1: boolean;
        readonly opcode: number;
        readonly mask: boolean;
        readonly readOnly: boolean;
      },
    ): Buffer[];
  };
}
