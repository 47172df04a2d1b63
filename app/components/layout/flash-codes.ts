/** Things that can just have been done. A cookie carries the code over the redirect, and the next page takes it away. */
export const flashCodes = ["draft-discarded", "revision-discarded", "preferences-saved"] as const;
export type FlashCode = (typeof flashCodes)[number];
