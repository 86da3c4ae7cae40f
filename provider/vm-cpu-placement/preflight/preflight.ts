import type { Problem } from "../../resource";
import { conflictFindings } from "./conflicts";
import { cpuModelFindings } from "./cpu-model";
import { cpuFindings } from "./cpus";
import { emulatorFindings } from "./emulator";
import type { Finding } from "./finding";
import { guestCellFindings } from "./guest-cells";
import { guestTopologyFindings } from "./guest-topology";
import { hugepageFindings } from "./hugepages";
import { judge, type Judged, type Request } from "./judged";
import { localityFindings } from "./locality";
import { memoryFindings } from "./memory";
import { nodeFindings } from "./nodes";
import { realTimeFindings } from "./real-time";
import { shareFindings } from "./shares";
import { stateFindings } from "./state";
import { vcpuFindings } from "./vcpus";

export type { Request } from "./judged";

/** In the order in which a reader would mend: what is not there, what does not fit together, what is in the way. */
const checks: readonly ((judged: Judged) => readonly Finding[])[] = [
  stateFindings,
  cpuFindings,
  nodeFindings,
  vcpuFindings,
  guestCellFindings,
  guestTopologyFindings,
  cpuModelFindings,
  memoryFindings,
  hugepageFindings,
  localityFindings,
  emulatorFindings,
  realTimeFindings,
  shareFindings,
  conflictFindings,
];

/**
 * What libvirt would find out only when the domain starts, or never: a definition is checked as XML, not against the
 * host.
 */
export function preflight(request: Request): {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
} {
  const judged = judge(request);
  const findings = checks.flatMap((check) => check(judged));
  return {
    problems: findings.flatMap((one) => ("problem" in one ? [one.problem] : [])),
    warnings: findings.flatMap((one) => ("warning" in one ? [one.warning] : [])),
  };
}
