import type { Verification } from "../impact";
import { memoryVerifications } from "./memory-verification";
import type { Domain, PlacementPlan, Row } from "./model";
import { threadVerification } from "./thread-verification";

/**
 * What is wanted against what is: of a running domain's threads and memory what the kernel has, not libvirt's word.
 * (`taskset -cp PID` shows the main thread alone.)
 */
export function verificationsOf(plan: PlacementPlan, domain: Domain): readonly Verification[] {
  const rows = plan.rows.filter((row) => !row.dropped && (row.desired !== null || row.actual !== null));
  return [...rows.map((row) => verificationOf(row, domain)), ...memoryVerifications(rows, domain)];
}

function verificationOf(row: Row, domain: Domain): Verification {
  const { setting, side } = row;
  const expected = row.desired ?? "(absent)";
  const byThread = side === "live" ? threadVerification(row, domain) : undefined;
  if (byThread !== undefined) return { check: setting, expected, ...byThread };
  return {
    check: side === "config" ? `${setting} (config)` : setting,
    expected,
    actual: row.actual ?? "(absent)",
    source: side === "config" ? "virsh dumpxml --inactive" : "virsh dumpxml",
    verdict: row.differs ? "fail" : "pass",
  };
}
