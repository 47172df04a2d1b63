/** Wall-clock time finer than a millisecond, comparable between processes of one machine. */
const offset = ((): number => {
  const before = Date.now();
  while (Date.now() === before);
  return Date.now() - performance.now();
})();

/** Milliseconds since the epoch, with fractions. */
export const epochMs = (): number => offset + performance.now();
