import { describedFields } from "../../../provider/vm-cpu-placement/described-fields";
import type { DomainDocument } from "../../../provider/vm-cpu-placement/domain-xml";
import type { Facts } from "../../../provider/vm-cpu-placement/facts";
import type { HostFacts } from "../../../provider/vm-cpu-placement/host-facts";
import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import { CpuSet } from "../../../provider/linux/cpu-set";

/** What the plan would change in a domain that is described by its own facts, or by those of its other form: nothing. */
export function changesByDescription(facts: Facts, config: DomainDocument): readonly string[] {
  const domain = {
    uuid: config.uuid,
    name: config.name,
    state: "shut off",
    persistent: true,
    managedSave: false,
    snapshots: false,
    autostart: false,
    live: undefined,
    config,
  };
  const { changes } = planPlacement(describedFields(facts), { domain, record: undefined, host, others: [] });
  return changes.map(({ setting, actual, desired }) => `described, ${setting}: ${String(actual)} → ${String(desired)}`);
}

/** Any: a plan without changes is one wherever the domain is. */
const host: HostFacts = {
  online: CpuSet.range(0, 7),
  offline: CpuSet.parse(""),
  isolated: CpuSet.parse(""),
  cores: [],
  nodes: [],
  cgroup: 2,
  realTime: { runtimeMicroseconds: undefined, periodMicroseconds: undefined, groupScheduling: false },
  hugetlbfsKiB: [],
  defaultPageKiB: undefined,
  numad: false,
  resctrl: false,
  cpuCapabilities: () => undefined,
};
