/** `count` whole numbers from `from` on; none when the count is below 1. */
export const range = (from: number, count: number): readonly number[] => Array.from({ length: Math.max(0, count) }, (_, i) => from + i);
