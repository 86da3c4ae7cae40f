/*
 * Whether a domain fits on another host: what libvirt asks (CPU model and features), what its document names (CPUs, nodes,
 * pages), and pins that fit on both hosts for the move.
 */
import type { HostSnapshot } from "../host/snapshot";
import type { Query } from "../host/hosts";
import { CpuSet } from "../linux/cpu-set";
import { compareQuery, incompatibility } from "../vm-cpu-placement/cpu-comparison";
import { describedFields } from "../vm-cpu-placement/described-fields";
import type { Facts } from "../vm-cpu-placement/facts";
import { everywhere, hostFacts } from "../vm-cpu-placement/host-facts";
import { planPlacement } from "../vm-cpu-placement/placement";
import { placementState } from "../vm-cpu-placement/placement-state";
import type { Check } from "./model";
import { placeThere, type PlaceThere } from "./place-there";

export interface Migration {
  readonly checks: readonly Check[];
  /** Pins that hold on both hosts: for the time of the move. vCPU → CPUs. */
  readonly flexible: Readonly<Record<string, string>>;
  /** Where the planner would put it there: the settings after the move, or why there is no room. */
  readonly there: PlaceThere;
}

/** What the destination's libvirt must be asked of the CPU that the domain has now; undefined: nothing. */
export function migrationQuery(from: HostSnapshot, name: string): Query | undefined {
  const { domain } = placementState(from, name);
  const document = domain?.live ?? domain?.config;
  return document === undefined ? undefined : compareQuery(document);
}

interface Asked {
  /** The answer to `migrationQuery`. */
  readonly compared?: string | undefined;
}

/** Undefined: there is no such domain. */
export function migrationOf(
  from: HostSnapshot,
  to: HostSnapshot,
  { name, compared }: Asked & { readonly name: string },
): Migration | undefined {
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
    cpu(document.facts, { domain: domain.name, to, compared }),
    release(from, to),
  ];
  return {
    checks: [
      ...basics.map((one) => ({ ...one, subject: domain.name })),
      ...(found.length === 0 ? [{ ...fits(to), subject: domain.name }] : found),
    ],
    flexible: flexible(document.facts, [from, to]),
    there: placeThere(to, domain.name, document),
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

interface CpuThere extends Asked {
  readonly domain: string;
  readonly to: HostSnapshot;
}

/**
 * A running domain has a model with features, whatever its definition says: the destination's libvirt knows whether it has
 * them. host-passthrough needs the same CPU: nobody compares the microcode.
 */
function cpu(facts: Facts, { domain, to, compared }: CpuThere): Row {
  const mode = facts.get("cpu.mode") ?? "the hypervisor's default";
  const migratable = facts.get("cpu.migratable") !== "off";
  const row = {
    id: "migration.cpu",
    check: "its CPU model can move",
    expected: "a model whose features the destination has, or the same CPU on both hosts",
    source: `virsh dumpxml ${domain}; virsh hypervisor-cpu-compare on ${to.hostname}`,
    remedy: 'the same CPU and microcode on both hosts, or VmCpuPlacement: cpu: { mode: "host-model" } before',
  };
  if (mode === "host-passthrough" || mode === "maximum")
    return {
      ...row,
      actual: `${mode}${migratable ? "" : ", not migratable"}`,
      verdict: migratable ? "unknown" : "fail",
    };
  const actual = [mode, facts.get("cpu.model") ?? ""].join(" ").trim();
  // What is not running, or has no CPU of its own, gets its CPU where it starts.
  if (mode !== "custom") return { ...row, actual, verdict: "pass" };
  if (compared === undefined) return { ...row, actual: `${actual}, not compared`, verdict: "unknown" };
  const refused = incompatibility(compared);
  if (refused !== undefined)
    return { ...row, actual: `${actual}: ${refused.reason ?? "not all of its features"}`, verdict: "fail" };
  const said = /is identical|is compatible|superset/i.test(compared);
  return { ...row, actual, verdict: said ? "pass" : "unknown" };
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
