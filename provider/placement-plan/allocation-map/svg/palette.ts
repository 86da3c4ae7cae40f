/*
 * Eight fills that light and dark take turns in, so that neighbours differ in lightness where hues look alike to a
 * colour-blind eye, and four patterns over them: 32 looks before one comes twice. Two fills that such an eye takes for
 * one (blue and violet) never come with one pattern. The letters in the cells tell VMs apart in any case. Fills are the same in both themes; each has the ink that is read on it (contrast >= 4.5).
 */

export interface Fill {
  readonly colour: string;
  readonly ink: string;
}

const [dark, white] = ["#10161f", "#ffffff"];

export const fills: readonly Fill[] = [
  { colour: "#2468b0", ink: white },
  { colour: "#f2b14a", ink: dark },
  { colour: "#0c7566", ink: white },
  { colour: "#e997b8", ink: dark },
  { colour: "#b8420f", ink: white },
  { colour: "#86c8ef", ink: dark },
  { colour: "#6b4bb4", ink: white },
  { colour: "#bfd158", ink: dark },
];

export const patterns = ["plain", "slanted", "dotted", "barred"] as const;

export interface Look {
  /** Number of the fill. */
  readonly fill: number;
  readonly pattern: (typeof patterns)[number];
}

export function lookOf(index: number): Look {
  const round = Math.floor(index / fills.length);
  return { fill: index % fills.length, pattern: patterns[(index + round) % patterns.length] ?? "plain" };
}

export interface Theme {
  /** Behind all. */
  readonly page: string;
  readonly card: string;
  readonly panel: string;
  /** Ground of a CPU. */
  readonly cell: string;
  readonly line: string;
  readonly ink: string;
  readonly mutedInk: string;
  /** Stripes of what is reserved. */
  readonly stripe: string;
  readonly accent: string;
}

export const themes: { readonly light: Theme; readonly dark: Theme } = {
  light: {
    page: "#f3f5f8",
    card: "#ffffff",
    panel: "#f6f8fa",
    cell: "#ffffff",
    line: "#d3dae3",
    ink: "#17202c",
    mutedInk: "#566272",
    stripe: "#c3ccd8",
    accent: "#b3261e",
  },
  dark: {
    page: "#0b0f15",
    card: "#131922",
    panel: "#1a212c",
    cell: "#10161f",
    line: "#333d4b",
    ink: "#e8edf4",
    mutedInk: "#9ba8b8",
    stripe: "#3c4858",
    accent: "#ff8a80",
  },
};
