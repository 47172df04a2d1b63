/** The way from a form to a cluster, as one picture. */
import { useTranslation } from "#app/components/text/use-translation.ts";

export function FlowPicture() {
  const { t } = useTranslation();
  const stops = [t("dashboard.flowForm"), t("dashboard.flowPlan"), t("dashboard.flowMachines"), t("dashboard.flowUse")];
  return (
    <svg className="b-flow" viewBox="0 0 640 120" role="img" aria-label={t("dashboard.flow")}>
      {stops.map((label, index) => (
        <g key={label} transform={`translate(${index * 165 + 8} 8)`}>
          <rect width="128" height="70" rx="8" fill="none" stroke="currentColor" strokeOpacity="0.45" strokeWidth="1.5" />
          <Glyph index={index} />
          <text x="64" y="98" textAnchor="middle" fontSize="16" fill="currentColor">
            {label}
          </text>
          {index < stops.length - 1 && <path d="M136 35h18m-6 -6l6 6l-6 6" fill="none" stroke="var(--b-accent)" strokeWidth="2" />}
        </g>
      ))}
    </svg>
  );
}

const glyphs = [
  "M24 22h50M24 36h80M24 50h34",
  "M24 22h8M40 22h64M24 36h8M40 36h48M24 50h8M40 50h56",
  "M30 18h28v34H30zM70 18h28v34H70zM37 28h14M77 28h14",
  "M34 35a10 10 0 1 0 20 0a10 10 0 1 0 -20 0M54 35h42M86 35v10M96 35v12",
] as const;

function Glyph({ index }: { readonly index: number }) {
  return <path d={glyphs[index] ?? ""} fill="none" stroke="var(--b-accent)" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />;
}
