/** How much of something is taken: the words carry the meaning, the bar repeats it. */
export interface MeterProps {
  /** Whole sentence with numbers and units. */
  readonly label: string;
  readonly value: number;
  readonly limit: number;
  /** What would come on top of `value`. */
  readonly added?: number;
}

export function Meter({ label, value, limit, added = 0 }: MeterProps) {
  const over = value + added > limit;
  // Where the limit is passed the bar shows everything, with a mark at the limit.
  const whole = over ? value + added : limit;
  const share = (n: number) => `${whole <= 0 ? 0 : Math.max(0, Math.min(100, (n / whole) * 100))}%`;
  return (
    <div className={over ? "b-meter b-meter-over" : "b-meter"}>
      <span>{label}</span>
      <span className="b-meter-bar" aria-hidden="true">
        <span className="b-meter-added" style={{ width: share(value + added) }} />
        <span className="b-meter-value" style={{ width: share(value) }} />
        {over && <span className="b-meter-limit" style={{ insetInlineStart: share(limit) }} />}
      </span>
    </div>
  );
}
