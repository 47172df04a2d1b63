/** The portal's mark: a bollard with a line made fast to it. Decoration; the name stands beside it. */
export function BerthMark() {
  return (
    <svg className="b-mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path d="M5 4.5h14v3.2h-3.2v6.1c0 1 .5 1.9 1.3 2.4H6.9c.8-.5 1.3-1.4 1.3-2.4V7.7H5z" fill="currentColor" />
      <path
        d="M3 19.6c1.5 0 1.5-1 3-1s1.5 1 3 1 1.5-1 3-1 1.5 1 3 1 1.5-1 3-1 1.5 1 3 1"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
      />
      <path d="M8.2 10.4h7.6" stroke="var(--b-mark-line)" strokeWidth="1.6" />
    </svg>
  );
}
