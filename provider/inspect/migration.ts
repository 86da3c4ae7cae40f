/*
 * Whether a domain fits on another host: what libvirt asks (CPU model and features), what its document names (CPUs, nodes,
 * pages), and pins that fit on both hosts for the move.
 */
import type { HostSnapshot } from "../host/snapshot";
import { CpuSet } from "../linux/cpu-set";
import { describedFields } from "../vm-cpu-placement/described-fields";
import type { Facts } from "../vm-cpu-placement/facts";
import { everywhere, hostFacts } from "../vm-cpu-placement/host-facts";
import { planPlacement } from "../vm-cpu-placement/placement";
import { placementState } from "../vm-cpu-placement/placement-state";
import type { Check } from "./model";

export interface Migration {
  readonly checks: readonly Check[];
  /** Pins that hold on both hosts: for the time of the move. vCPU → CPUs. */
  readonly flexible: Readonly<Record<string, string>>;
}

/** Undefined: there is no such domain. */
export function migrationOf(from: HostSnapshot, to: HostSnapshot, name: string): Migration | undefined {
  const { domain } = placementState(from, name);
  const document = domain?.live ?? domain?.config;
  if (domain === undefined || document === undefined) return undefined;
  const there = placementState(to, domain.name);
  const taken = there.domain !== undefined && there.domain.uuid !== domain.uuid;
  const target = {
    ...there,
    domain: { ...domain, live: undefined, config: document, state: "shut off" },
    record: undefined,
  };
  const plan = planPlacement(describedFields(document.facts), target);
  const found = plan.problems.map(({ path, reason }): Check => ({
    id: `migration.${path.split(".")[0] ?? path}`,
    subject: domain.name,
    check: `${path} on ${to.hostname}`,
    expected: "possible",
    actual: reason,
    source: "the destination's topology, pools, domains and virsh domcapabilities",
    verdict: "fail",
    remedy: "pins and nodes of the destination before the move, or pages there (HostTuning: hugepages)",
  }));
  const basics = [
    name_(domain.name, { taken, to }),
    cpu(document.facts, { domain: domain.name, to }),
    release(from, to),
  ];
  return {
    checks: [
      ...basics.map((one) => ({ ...one, subject: domain.name })),
      ...(found.length === 0 ? [{ ...fits(to), subject: domain.name }] : found),
    ],
    flexible: flexible(document.facts, [from, to]),
  };
}

type Row = Omit<Check, "subject">;

function name_(domain: string, { taken, to }: { taken: boolean; to: HostSnapshot }): Row {
  return {
    id: "migration.name",
    check: `no other domain is named ${domain} on ${to.hostname}`,
    expected: "none",
    actual: taken ? "another domain has the name" : "none",
    source: "virsh list --all",
    verdict: taken ? "fail" : "pass",
    remedy: "rename one of them",
  };
}

const fits = (to: HostSnapshot): Row => ({
  id: "migration.placement",
  check: `its CPUs, nodes and pages are there on ${to.hostname}`,
  expected: "all",
  actual: "all",
  source: "the destination's topology, pools and domains",
  verdict: "pass",
});

/** host-passthrough needs the same CPU: libvirt compares the features, and nobody the microcode. */
function cpu(facts: Facts, { domain, to }: { domain: string; to: HostSnapshot }): Row {
  const mode = facts.get("cpu.mode") ?? "the hypervisor's default";
  const migratable = facts.get("cpu.migratable") !== "off";
  const passthrough = mode === "host-passthrough" || mode === "maximum";
  return {
    id: "migration.cpu",
    check: "its CPU model can move",
    expected: "host-model, custom, or the same CPU on both hosts",
    actual: passthrough ? `${mode}${migratable ? "" : ", not migratable"}` : mode,
    source: `virsh dumpxml ${domain}, virsh domcapabilities of ${to.hostname}`,
    verdict: !passthrough ? "pass" : migratable ? "unknown" : "fail",
    remedy: 'the same CPU and microcode on both hosts, or VmCpuPlacement: cpu: { mode: "host-model" } before',
  };
}

/** A newer kernel may offer what an older one cannot take. */
function release(from: HostSnapshot, to: HostSnapshot): Row {
  const version = ({ files }: HostSnapshot) =>
    /^Linux version (\S+)/.exec(files.text("/proc/version") ?? "")?.[1] ?? "?";
  const same = version(from) === version(to);
  return {
    id: "migration.kernel",
    check: "the same kernel on both hosts",
    expected: version(from),
    actual: version(to),
    source: "/proc/version",
    verdict: same ? "pass" : "unknown",
    remedy: "back from the newer to the older kernel may fail",
  };
}

/** Of each pin the CPUs of its nodes that both hosts have online; none there: all that both have. */
function flexible(facts: Facts, hosts: readonly HostSnapshot[]): Readonly<Record<string, string>> {
  const known = hosts.map(hostFacts);
  const both = known.map(everywhere).reduce((one, other) => one.intersect(other));
  return Object.fromEntries(
    [...facts]
      .filter(([setting]) => /^vcpuPins\.\d+$/.test(setting))
      .map(([setting, value]) => {
        const pin = CpuSet.parse(value);
        const nodes = (known[0]?.nodes ?? []).filter(({ cpus }) => cpus.intersects(pin));
        const wide = CpuSet.union(nodes.map(({ cpus }) => cpus)).intersect(both);
        return [setting.slice("vcpuPins.".length), (wide.isEmpty ? both : wide).toString()];
      }),
  );
}
