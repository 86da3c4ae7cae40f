/*
 * A host in the arguments of HostTuning: only those whose plan is empty, so that the first run writes nothing. What is so
 * now but would be written (because no file keeps it over a boot) is told apart.
 */
import type { HostSnapshot } from "../host/snapshot";
import { CpuSet } from "../linux/cpu-set";
import { kernelValues, parseKernelLine, type KernelArgument } from "../linux/kernel-args";
import { ownSysctlFile, parseSysctlConf, sysctlKey } from "../linux/sysctl-conf";
import { readTopology, type Topology } from "../linux/topology";
import { formatPageSize } from "../linux/units";
import { managedKeys } from "../host-tuning/boot/managed-keys";
import { grouped, readPerCpu } from "../host-tuning/knobs/per-cpu";
import { planHost } from "../host-tuning/plan";
import { parseArgs, type KnobArgs } from "../host-tuning/schema";
import type { Props } from "../resource";
import { governorFile } from "./model";

export interface DescribedHost {
  readonly args: Props;
  /** Argument → what a run would change if it were named. */
  readonly left: ReadonlyMap<string, string>;
}

/** Any: what is described depends on no connection. */
const connection = { host: "host", insecureIgnoreHostKey: true };

export function describeHost(snapshot: HostSnapshot): DescribedHost {
  const candidates = Object.entries(candidatesOf(snapshot)).filter(([, value]) => value !== undefined);
  const left = new Map<string, string>();
  const args: Props = {};
  for (const [name, value] of candidates) {
    const why = changesOf({ [name]: value }, snapshot);
    if (why === undefined) args[name] = value;
    else left.set(`${name}: ${JSON.stringify(value)}`, why);
  }
  return { args, left };
}

/** What a program with these arguments would change that one without them does not; undefined: nothing. */
function changesOf(args: Props, snapshot: HostSnapshot): string | undefined {
  const parsed = parseArgs({ connection, ...args });
  if ("problems" in parsed) return parsed.problems.map(({ path, reason }) => `${path}: ${reason}`).join("; ");
  const words = (given: KnobArgs): readonly string[] => {
    const { changes, problems } = planHost(given, snapshot);
    return [
      ...problems.map(({ reason }) => reason),
      ...changes.map(
        ({ setting, actual, desired }) => `${setting}: ${actual ?? "(absent)"} → ${desired ?? "(absent)"}`,
      ),
    ];
  };
  // What other arguments have set, and a program without them takes back, is not of this one.
  const without = new Set(words({}));
  const own = words(parsed.args).filter((one) => !without.has(one));
  return own.length === 0 ? undefined : own.join("; ");
}

function candidatesOf(snapshot: HostSnapshot): Props {
  const { files } = snapshot;
  const topology = readTopology(files);
  const balancing = files.text("/proc/sys/kernel/numa_balancing")?.trim();
  const line = parseKernelLine(files.text("/proc/cmdline") ?? "");
  return {
    numaBalancing: balancing === undefined ? undefined : balancing !== "0",
    cpuGovernor: governorOf(snapshot, topology),
    hugepages: poolsOf(topology),
    isolation: isolationOf(line),
    kernelArguments: kernelArgumentsOf(line, snapshot),
    sysctl: sysctlsOf(snapshot),
  };
}

/** One that all CPUs that are online have. */
function governorOf(snapshot: HostSnapshot, { online }: Topology): string | undefined {
  const governors = readPerCpu(governorFile, snapshot);
  const [first, ...others] = grouped(governors);
  return others.length === 0 && governors.size === online.size ? first?.value : undefined;
}

function poolsOf({ numaNodes }: Topology): unknown {
  const found = (numaNodes ?? []).flatMap(({ id, hugepages }) =>
    hugepages.filter(({ total }) => total > 0).map(({ pageSizeKiB, total }) => ({ id, pageSizeKiB, total })),
  );
  const bySize = Map.groupBy(found, ({ pageSizeKiB }) => pageSizeKiB);
  const pools = [...bySize].map(([size, nodes]) => ({
    size: formatPageSize(size),
    nodes: Object.fromEntries(nodes.map(({ id, total }) => [id, total])),
  }));
  return pools.length === 0 ? undefined : pools;
}

function isolationOf(line: readonly KernelArgument[]): unknown {
  const words = (kernelValues(line, "isolcpus")[0] ?? "").split(",");
  const list = (all: readonly string[]) => all.filter((word) => /^\d/.test(word)).join(",");
  const nohz = kernelValues(line, "nohz_full").at(-1) ?? "";
  const text = list(words) || list(nohz.split(","));
  const flags = words.filter((word) => /^[a-z]/.test(word));
  if (text === "") return undefined;
  const cpus = CpuSet.parse(text).toString();
  const irqs = kernelValues(line, "irqaffinity").at(-1);
  return {
    cpus,
    domain: list(words) !== "" && (flags.length === 0 || flags.includes("domain")),
    ...(flags.includes("managed_irq") && { managedIrq: true }),
    ...(nohz !== "" && { nohzFull: true }),
    ...(kernelValues(line, "rcu_nocbs").length > 0 && nohz === "" && { rcuNocbs: true }),
    ...(irqs === undefined && { irqAffinity: false }),
  };
}

/** Those that we manage, and that no other argument stands for. */
function kernelArgumentsOf(line: readonly KernelArgument[], snapshot: HostSnapshot): unknown {
  const others = ["isolcpus", "nohz_full", "rcu_nocbs", "irqaffinity", "hugepagesz", "hugepages"];
  const keys = managedKeys(snapshot).filter((key) => !others.includes(key));
  if (keys.length === 0) return undefined;
  return Object.fromEntries(
    keys.map((key) => {
      const values = kernelValues(line, key);
      if (values.length === 0) return [key, null];
      const named = values.map((value) => value ?? true);
      return [key, named.length === 1 ? named[0] : named];
    }),
  );
}

function sysctlsOf({ files }: HostSnapshot): unknown {
  const { assignments } = parseSysctlConf(files.text(ownSysctlFile) ?? "", ownSysctlFile);
  const found = assignments
    .map(({ path, value }) => [sysctlKey(path), value ?? ""] as const)
    .filter(([key]) => !/^kernel\.(numa_balancing|sched_rt_runtime_us)$/.test(key));
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
