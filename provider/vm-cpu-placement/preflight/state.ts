/* The state that a domain is in, and what is saved of it: a saved state brings back what it was saved with. */
import { impactOf } from "../impact";
import type { Domain } from "../model";
import { problem, remark, type Finding } from "./finding";
import type { Judged } from "./judged";

export function stateFindings(judged: Judged): readonly Finding[] {
  const { domain } = judged;
  if (domain === undefined) return [];
  const settled = ["running", "paused", "shut off"].includes(domain.state);
  const reason = `domain "${domain.name}" is ${domain.state}: wait until it runs or is shut off`;
  return [
    ...(settled ? [] : [problem("domain", reason)]),
    ...savedFindings(judged, domain),
    ...snapshotFindings(judged, domain),
  ];
}

/**
 * libvirt resumes a saved domain by the document in its image (virsh managedsave-dumpxml), not by the definition. A
 * pin can be mended live once it runs again; its memory and its CPUs stay as they were.
 */
function savedFindings({ wanted, targets }: Judged, domain: Domain): readonly Finding[] {
  if (!domain.managedSave || domain.live !== undefined || targets.config.size === 0) return [];
  const differing = [...wanted].filter(
    ([setting, value]) =>
      impactOf(setting, { running: true, restrictive: false }) === "vm-restart" &&
      (domain.config?.facts.get(setting) ?? null) !== value,
  );
  const reason =
    `domain "${domain.name}" is saved, and its next start resumes it with the CPUs and the memory it was saved with. ` +
    `Start it and shut it down in the guest, or give up what is saved (virsh managedsave-remove ${domain.uuid}), and run again`;
  return [
    ...differing.map(([path]) => problem(path, reason)),
    remark(
      `domain "${domain.name}" is saved (virsh managedsave): its next start resumes it with the placement it was saved ` +
        "with, whatever its definition says. Run `pulumi up` again once it runs",
    ),
  ];
}

function snapshotFindings({ targets }: Judged, domain: Domain): readonly Finding[] {
  const facts = domain.config?.facts;
  const changes = [...targets.config].some(([setting, value]) => (facts?.get(setting) ?? null) !== value);
  if (!domain.snapshots || facts === undefined || !changes) return [];
  return [
    remark(
      `domain "${domain.name}" has snapshots (virsh snapshot-list): each holds the definition of its time, and going ` +
        "back to one brings its placement back. Run `pulumi up` again after a virsh snapshot-revert",
    ),
  ];
}
