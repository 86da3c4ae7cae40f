/* What is asked of a host, and what it says. */
import type { Verification } from "../impact";

/** Of a CPU's folder. */
export const governorFile = "cpufreq/scaling_governor";

export interface Check extends Verification {
  /** Stable name of the kind of check, such as `isolation.domain`. */
  readonly id: string;
  /** "host", or the name of a domain. */
  readonly subject: string;
  /** What to do where it fails. */
  readonly remedy?: string;
}
