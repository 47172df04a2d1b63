/**
 * What of PatternFly's style sheets the pages use: its base holds tokens of themes that Berth does not offer, and fonts
 * that it has as subsets. Left in, they are more than half of what a first visit loads.
 */
interface StyleNode {
  remove(): void;
}

interface StyleRule extends StyleNode {
  selector: string;
}

interface AtRule extends StyleNode {
  walkDecls(name: string, visit: (declaration: { readonly value: string }) => void): void;
}

const unusedThemes = /pf-v6-theme-(felt|glass|high-contrast)/;
const unusedIcons = /\.pf-v6-pficon|\.pf-v6-icon-/;
const replacedFonts = /"?(Red Hat (Text|Display|Mono)|pf-v6-pficon)"?$/;

const parts = (selector: string): readonly string[] => selector.split(/,(?![^(]*\))/);
const isUnused = (selector: string): boolean => unusedThemes.test(selector) || unusedIcons.test(selector);

/** A PostCSS plugin. */
export const usedStylesOnly = {
  postcssPlugin: "berth-used-styles-only",
  Rule: (rule: StyleRule) => {
    const kept = parts(rule.selector).filter((selector) => !isUnused(selector));
    if (kept.length === 0) rule.remove();
    else if (kept.length < parts(rule.selector).length) rule.selector = kept.join(",");
  },
  AtRule: {
    "font-face": (rule: AtRule) => {
      let replaced = false;
      rule.walkDecls("font-family", ({ value }) => {
        replaced ||= replacedFonts.test(value);
      });
      if (replaced) rule.remove();
    },
  },
};
