/*
 * Domains and the partition that they are to run in. The kernel would take a thread that is pinned outside of it to all
 * CPUs of the set without a word, and libvirt would go on showing the pin; a start with such a pin fails ("Invalid
 * argument"). In an "isolated" partition nothing moves threads between CPUs, so each thread needs one CPU there.
 */
import type { DomainSnapshot, HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { readTopology } from "../../linux/topology";
import { TopologyError } from "../../linux/topology-error";
import { readDomain } from "../../vm-cpu-placement/domain-xml";
import { DomainXmlError } from "../../vm-cpu-placement/domain-xml/error";
import { unpinned } from "../../vm-cpu-placement/facts";
import { domainsUnknown, runningDomains } from "../domains";

interface Wanted {
  readonly set: CpuSet;
  readonly kind: "root" | "isolated" | "member";
}

/** Where a thread of a domain may run; undefined: no pin, so on all CPUs of the partition. */
interface Pin {
  readonly thread: string;
  readonly cpus: CpuSet | undefined;
}

/** Of running domains. */
export function domainProblem(wanted: Wanted, snapshot: HostSnapshot): string | undefined {
  const unknown = domainsUnknown(snapshot);
  if (unknown !== undefined) return `the pins of running domains are not known, libvirt could not be asked: ${unknown}`;
  const running = runningDomains(snapshot).map((domain) => ({ ...domain, pins: pinsOf(domain.live ?? "") }));
  const faults = running.flatMap(({ name, pins }) => faultsOf(pins, wanted).map((text) => `domain ${name}: ${text}`));
  if (faults.length > 0) {
    const where = wanted.kind === "isolated" ? "to one CPU each of" : "inside";
    return `${faults.join("; ")}. Pin them ${where} ${wanted.set.toString()} first (VmCpuPlacement, virsh vcpupin, emulatorpin, iothreadpin), or shut the domains down`;
  }
  return nodeProblem(running, wanted.set, snapshot);
}

/** Of definitions: it is their next start that is concerned. */
export function domainWarning(wanted: Wanted, { libvirt }: HostSnapshot): string | undefined {
  const faults = (libvirt?.domains ?? [])
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, inactive }) =>
      faultsOf(pinsOf(inactive ?? ""), wanted).map((text) => `definition of ${name}: ${text}`),
    );
  if (faults.length === 0) return undefined;
  return `${faults.join("; ")}: this counts from the next start on, which fails with a pin outside of ${wanted.set.toString()}`;
}

function faultsOf(pins: readonly Pin[], { set, kind }: Wanted): readonly string[] {
  const outside = pins.filter(({ cpus }) => cpus?.isSubsetOf(set) === false);
  const wide = pins.filter((pin) => !outside.includes(pin) && (pin.cpus ?? set).size > 1);
  return [
    ...outside.map(({ thread, cpus }) => `${thread} is pinned to ${cpus?.toString() ?? ""}, outside of the set`),
    ...(kind === "isolated"
      ? wide.map(({ thread, cpus }) =>
          cpus === undefined
            ? `${thread} has no pin, and between isolated CPUs the kernel moves no thread`
            : `${thread} is pinned to ${cpus.toString()}, and between isolated CPUs the kernel moves no thread`,
        )
      : []),
  ];
}

/** A document that cannot be read has no pins that could be judged; a placement of that domain says what is wrong with it. */
function pinsOf(xml: string): readonly Pin[] {
  if (xml === "") return [];
  try {
    const { facts, maximumVcpus, cpuset } = readDomain(xml);
    const pin = (thread: string, text: string | undefined): Pin => ({
      thread,
      cpus: text === undefined || text === unpinned ? setOf(cpuset) : setOf(text),
    });
    const iothreads = [...facts].filter(([setting]) => setting.startsWith("iothreads."));
    return [
      ...Array.from({ length: maximumVcpus }, (_, vcpu) => pin(`vCPU ${vcpu}`, facts.get(`vcpuPins.${vcpu}`))),
      pin("the emulator", facts.get("emulatorPin")),
      ...iothreads.map(([setting, text]) => pin(`iothread ${setting.slice("iothreads.".length)}`, text)),
    ];
  } catch (error) {
    if (error instanceof DomainXmlError) return [];
    throw error;
  }
}

function setOf(text: string | undefined): CpuSet | undefined {
  try {
    return text === undefined ? undefined : CpuSet.parse(text);
  } catch {
    return undefined;
  }
}

/** QEMU's own code and stacks may lie anywhere: less than this is no memory of a guest. */
const guestMemoryKiB = 16 * 1024;

/** The kernel works for a node's memory (kswapd, compaction) on the node's CPUs: it must have one. */
function nodeProblem(
  running: readonly (DomainSnapshot & { readonly pins: readonly Pin[] })[],
  set: CpuSet,
  snapshot: HostSnapshot,
): string | undefined {
  for (const { id, cpus } of nodesOf(snapshot)) {
    if (cpus.isEmpty || !cpus.isSubsetOf(set)) continue;
    const users = running.filter(
      ({ pins, process }) =>
        pins.some((pin) => (pin.cpus ?? set).intersects(cpus)) ||
        (process?.memoryByNodeKiB?.get(id) ?? 0) >= guestMemoryKiB,
    );
    if (users.length === 0) continue;
    const names = users.map(({ name }) => name).join(", ");
    return `NUMA node ${id} (CPUs ${cpus.toString()}) would keep no CPU for the host, and ${names} runs there or has memory there: leave one CPU of it out of cpus`;
  }
  return undefined;
}

function nodesOf({ files }: HostSnapshot): readonly { readonly id: number; readonly cpus: CpuSet }[] {
  try {
    return readTopology(files).numaNodes ?? [];
  } catch (error) {
    if (error instanceof TopologyError) return [];
    throw error;
  }
}
