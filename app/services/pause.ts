/** Waits, as loops between two looks do. Ends early, and without an error, when `until` is aborted. */
export const pause = (ms: number, until: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      until.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    until.addEventListener("abort", over);
    if (until.aborted) over();
  });
