/** What a change costs the host's users, in rising order (design word list: impact). */
export const impacts = ["none", "live", "vm-restart", "host-reboot"] as const;

export type Impact = (typeof impacts)[number];

export function worstImpact(all: readonly Impact[]): Impact {
  return impacts[Math.max(0, ...all.map((impact) => impacts.indexOf(impact)))] ?? "none";
}

export function exceeds(impact: Impact, limit: Impact): boolean {
  return impacts.indexOf(impact) > impacts.indexOf(limit);
}

/** One difference between what is wanted and what the host has: printed in the preview, then applied. */
export interface Change {
  /** Dotted name of the smallest thing that a user can set, for example `hugepages.2M.node0`. */
  readonly setting: string;
  /** What the host has; null = absent. */
  readonly actual: string | null;
  /** What is wanted; null = to be removed. */
  readonly desired: string | null;
  readonly impact: Impact;
}

/** One effect that was read back from the host. */
export interface Verification {
  readonly check: string;
  readonly expected: string;
  readonly actual: string;
  /** The file or command on the host that `actual` was read from. */
  readonly source: string;
  readonly verdict: "pass" | "fail" | "unknown" | "notApplicable";
}
