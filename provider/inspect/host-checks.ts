/*
 * The host against what it was told itself: its kernel's command line, its sysctl files. By effect: a word on the command
 * line is no isolation, and no page.
 */
import type { HostSnapshot } from "../host/snapshot";
import { readIsolation } from "../linux/cpu-isolation";
import { CpuSet } from "../linux/cpu-set";
import { kernelValues, parseKernelLine, type KernelArgument } from "../linux/kernel-args";
import { kernelEffect, type KernelEffect } from "../linux/kernel-effect";
import { grouped, readPerCpu } from "../host-tuning/knobs/per-cpu";
import { machinePartition } from "../linux/cpuset-partition";
import { sysctlWinner } from "../linux/sysctl-precedence";
import { readTopology, type Topology } from "../linux/topology";
import { formatPageSize } from "../linux/units";
import { governorFile, type Check } from "./model";

type Found = Omit<Check, "subject">;

export function hostChecks(snapshot: HostSnapshot): readonly Check[] {
  const topology = readTopology(snapshot.files);
  const line = parseKernelLine(snapshot.files.text("/proc/cmdline") ?? "");
  const effect = effectOf(line, topology);
  const found = [
    ...isolationChecks(line, { snapshot, topology, effect }),
    ...partitionChecks(snapshot),
    ...pageChecks(line, { snapshot, effect }),
    ...sysctlChecks(snapshot),
    ...governorChecks(snapshot),
  ];
  return found.map((one) => ({ ...one, subject: "host" }));
}

interface Host {
  readonly snapshot: HostSnapshot;
  readonly topology: Topology;
  /** What this kernel makes of its command line. */
  readonly effect: KernelEffect;
}

const text = (cpus: CpuSet): string => (cpus.isEmpty ? "none" : cpus.toString());

/** The list of an argument as somebody reads it: what it seems to ask for. */
function askedSet(value: string | null): CpuSet | undefined {
  const list = (value ?? "")
    .split(",")
    .filter((part) => /^\d/.test(part))
    .join(",");
  try {
    return list === "" ? undefined : CpuSet.parse(list);
  } catch {
    return undefined;
  }
}

function isolationChecks(line: readonly KernelArgument[], { snapshot, topology, effect }: Host): readonly Found[] {
  const { isolated, nohzFull } = isolationOf(snapshot, topology);
  const { ignored } = effect;
  const why = (key: string) =>
    ignored
      .filter(({ argument }) => argument.startsWith(key))
      .map(({ argument, reason }) => `${argument}: ${reason}`)
      .join("; ");
  const isolcpus = kernelValues(line, "isolcpus");
  const flags = (isolcpus[0] ?? "").split(",").filter((word) => /^[a-z]/.test(word));
  const wantsDomain = isolcpus.length > 0 && (flags.length === 0 || flags.includes("domain"));
  const checks: Found[] = [];
  const domain = wantsDomain ? askedSet(isolcpus.join(",")) : undefined;
  if (domain !== undefined)
    checks.push({
      id: "isolation.domain",
      check: "CPUs without load balancing, as isolcpus= asks for",
      expected: text(domain),
      actual: text(isolated),
      source: "/proc/cmdline, /sys/devices/system/cpu/isolated",
      verdict: isolated.equals(domain) ? "pass" : "fail",
      remedy: [why("isolcpus"), "HostTuning: isolation: { cpus }"].filter((part) => part !== "").join(". "),
    });
  const asked = askedSet(kernelValues(line, "nohz_full").at(-1) ?? null);
  if (asked !== undefined)
    checks.push({
      id: "isolation.nohzFull",
      check: "CPUs without a tick, as nohz_full= asks for",
      expected: text(asked),
      actual: text(nohzFull),
      source: "/proc/cmdline, /sys/devices/system/cpu/nohz_full",
      verdict: nohzFull.equals(asked) ? "pass" : "fail",
      remedy: [why("nohz_full"), "HostTuning: isolation: { cpus, nohzFull: true }"].filter(Boolean).join(". "),
    });
  return checks;
}

/** As the kernel says it. A partition is no isolcpus=, and has a check of its own. */
function isolationOf({ files }: HostSnapshot, { online }: Topology): { isolated: CpuSet; nohzFull: CpuSet } {
  const isolated = CpuSet.parse(files.text("/sys/devices/system/cpu/isolated")?.trim() ?? "");
  return { isolated, nohzFull: readIsolation(files, online).nohzFull };
}

function effectOf(line: readonly KernelArgument[], { possible, numaNodes, hugepages }: Topology): KernelEffect {
  return kernelEffect(line, {
    cpuCount: (possible.last ?? 0) + 1,
    nodes: (numaNodes ?? []).map(({ id }) => id),
    pageSizesKiB: hugepages.map(({ pageSizeKiB }) => pageSizeKiB),
  });
}

function partitionChecks(snapshot: HostSnapshot): readonly Found[] {
  const partition = machinePartition(snapshot.files);
  if (partition === undefined || partition.kind === "member") return [];
  const { kind, invalid } = partition;
  return [
    {
      id: "isolation.partition",
      check: "machine.slice is a cpuset partition",
      expected: kind,
      actual: invalid === undefined ? kind : `${kind} invalid (${invalid})`,
      source: "/sys/fs/cgroup/machine.slice/cpuset.cpus.partition",
      verdict: invalid === undefined ? "pass" : "fail",
      remedy: 'another cgroup has a CPU of it: HostTuning: isolation: { mode: "partition" } says which',
    },
  ];
}

function pageChecks(line: readonly KernelArgument[], { snapshot, effect }: Omit<Host, "topology">): readonly Found[] {
  const { hugepages } = effect;
  if (kernelValues(line, "hugepages").length === 0) return [];
  return [...hugepages].flatMap(([sizeKiB, nodes]) =>
    [...nodes].map(([node, pages]): Found => {
      const path = `/sys/devices/system/node/node${node}/hugepages/hugepages-${sizeKiB}kB/nr_hugepages`;
      const have = snapshot.files.text(path);
      return {
        id: "hugepages.boot",
        check: `pages of ${formatPageSize(sizeKiB)} on node ${node}, as the command line asks for`,
        expected: String(pages),
        actual: have ?? "not known",
        source: `/proc/cmdline, ${path}`,
        verdict: have === undefined ? "unknown" : Number(have) >= pages ? "pass" : "fail",
        remedy: `the kernel found no more contiguous memory: fewer pages, or on the other node (HostTuning: hugepages)`,
      };
    }),
  );
}

function sysctlChecks({ files }: HostSnapshot): readonly Found[] {
  return ["kernel.numa_balancing", "vm.swappiness"].flatMap((key): readonly Found[] => {
    const path = `/proc/sys/${key.replaceAll(".", "/")}`;
    const actual = files.text(path)?.trim();
    const winner = sysctlWinner(key, files).boot;
    if (actual === undefined || winner?.value === undefined || winner.value === null) return [];
    return [
      {
        id: `sysctl.${key}`,
        check: `${key}, as the next boot will set it`,
        expected: winner.value,
        actual,
        source: `${path}, ${winner.file}:${String(winner.line)}`,
        verdict: actual === winner.value ? "pass" : "fail",
        remedy: `HostTuning: sysctl: { ${JSON.stringify(key)}: ... } sets it now and for every boot`,
      },
    ];
  });
}

function governorChecks(snapshot: HostSnapshot): readonly Found[] {
  const groups = grouped(readPerCpu(governorFile, snapshot));
  const source = "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor";
  const base = { id: "governor", check: "one governor for all CPUs", source };
  if (groups.length === 0)
    return [{ ...base, expected: "one", actual: "this host has no cpufreq", verdict: "notApplicable" }];
  const actual = groups.map(({ value, cpus }) => `${value} on ${cpus}`).join(", ");
  return [
    {
      ...base,
      expected: "one",
      actual,
      verdict: groups.length === 1 ? "pass" : "fail",
      remedy: "HostTuning: cpuGovernor",
    },
  ];
}
