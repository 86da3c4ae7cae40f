/* The topology that the guest sees: its product, and whether what it takes for siblings are siblings on the host. */
import { CpuSet } from "../../linux/cpu-set";
import { topologyParts } from "../facts";
import { problem, type Finding } from "./finding";
import { firstOf, threadsPerCore, vcpuPinsOf, type Judged } from "./judged";
import { counted, named, shortened } from "./wording";

export function guestTopologyFindings(judged: Judged): readonly Finding[] {
  return [...productFindings(judged), ...siblingFindings(judged)];
}

function productFindings(judged: Judged): readonly Finding[] {
  const { facts, maximumVcpus, name } = judged;
  const given = topologyParts.flatMap((part) => {
    const value = facts.get(`cpu.topology.${part}`);
    return value === undefined ? [] : [{ part, count: Number(value) }];
  });
  const touched = firstOf(judged, "cpu.topology", "vcpus.maximum");
  if (touched === undefined || given.length === 0 || maximumVcpus === undefined) return [];
  const product = given.reduce((all, { count }) => all * count, 1);
  if (product === maximumVcpus) return [];
  const text = given.map(({ part, count }) => counted(count, part.slice(0, -1))).join(" × ");
  const path = touched.startsWith("cpu.topology.") ? "cpu.topology" : touched;
  const reason =
    `${text} make ${counted(product, "vCPU")}, and ${name} has ${maximumVcpus}: libvirt takes no other product. ` +
    `Change the parts, or set vcpus.maximum: ${product}`;
  return [problem(path, reason)];
}

interface GuestCore {
  readonly vcpus: readonly number[];
  readonly cpus: readonly number[];
}

/** libvirt numbers through: threads of a core are consecutive vCPUs. */
function guestCores(judged: Judged, threads: number): readonly GuestCore[] {
  const single = vcpuPinsOf(judged.facts).flatMap(({ id, cpus }) =>
    cpus.size === 1 && cpus.first !== undefined ? [{ vcpu: id, cpu: cpus.first }] : [],
  );
  const byCore = Map.groupBy(single, ({ vcpu }) => Math.floor(vcpu / threads));
  return [...byCore]
    .toSorted(([one], [other]) => one - other)
    .map(([, all]) => {
      const ordered = all.toSorted((one, other) => one.vcpu - other.vcpu);
      return { vcpus: ordered.map(({ vcpu }) => vcpu), cpus: ordered.map(({ cpu }) => cpu) };
    });
}

function siblingFindings(judged: Judged): readonly Finding[] {
  const { cores } = judged.host;
  const threads = threadsPerCore(judged.facts);
  const path = firstOf(judged, "vcpuPins", "cpu.topology.threads", "cpu.topology");
  if (threads < 2 || path === undefined) return [];
  const coreOf = (cpu: number): CpuSet | undefined => cores.find((core) => core.has(cpu));
  const wrong = guestCores(judged, threads).filter(({ cpus }) => {
    const homes = cpus.map(coreOf);
    return !homes.includes(undefined) && new Set(homes.map(String)).size > 1;
  });
  const [first] = wrong;
  if (first === undefined) return [];
  const home = String(coreOf(first.cpus[0] ?? 0) ?? "");
  const whole = Math.max(...cores.map((core) => core.size)) >= threads;
  const mend = whole
    ? `Pin such vCPUs to siblings (${list(first.vcpus)} to ${home}), or set cpu.topology.threads: 1`
    : `No core of this host has ${threads} threads: set cpu.topology.threads: 1`;
  const where = shortened(
    wrong.map(({ vcpus, cpus }) => `${named("vCPU", CpuSet.from(vcpus))} on ${named("CPU", CpuSet.from(cpus))}`),
    4,
  );
  const reason = `the guest takes ${threads} vCPUs in a row for threads of one core, and they lie on different cores: ${where}. ${mend}`;
  return [problem(path.startsWith("vcpuPins.") ? "vcpuPins" : path, reason)];
}

const list = (vcpus: readonly number[]): string => String(CpuSet.from(vcpus));
