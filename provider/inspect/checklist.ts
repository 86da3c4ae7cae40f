/* The eight points of tuning, each with what the host and its running domains have of it. */
import type { HostSnapshot } from "../host/snapshot";
import { readPerCpu } from "../host-tuning/knobs/per-cpu";
import { readIsolation } from "../linux/cpu-isolation";
import { readTopology } from "../linux/topology";
import { formatPageSize } from "../linux/units";
import type { Domain } from "../vm-cpu-placement/model";
import { governorFile } from "./model";

export interface Point {
  readonly number: number;
  readonly point: string;
  readonly state: "done" | "in part" | "not done" | "not applicable";
  readonly evidence: string;
  readonly argument: string;
}

type Row = Omit<Point, "number">;

export function checklist(snapshot: HostSnapshot, domains: readonly Domain[]): readonly Point[] {
  const rows = [...hostPoints(snapshot), ...domainPoints(domains)];
  return rows.map((row, index) => ({ number: index + 1, ...row }));
}

function hostPoints(snapshot: HostSnapshot): readonly Row[] {
  const { files } = snapshot;
  const topology = readTopology(files);
  const pools = (topology.numaNodes ?? []).flatMap(({ id, hugepages }) =>
    hugepages
      .filter(({ total }) => total > 0)
      .map(({ total, pageSizeKiB }) => `${total} × ${formatPageSize(pageSizeKiB)} on node ${id}`),
  );
  const governors = [...readPerCpu(governorFile, snapshot).values()];
  const fast = governors.filter((one) => one === "performance").length;
  const balancing = files.text("/proc/sys/kernel/numa_balancing")?.trim();
  const { isolated, reserved, domains } = readIsolation(files, topology.online);
  const apart = isolated.isEmpty && !reserved.isEmpty ? domains : isolated;
  const limits = [...readPerCpu("power/pm_qos_resume_latency_us", snapshot).values()].filter((limit) => limit !== "0");
  const idle = files.text("/sys/devices/system/cpu/cpuidle/current_driver")?.trim() ?? "none";
  return [
    {
      point: "huge pages",
      state: pools.length > 0 ? "done" : "not done",
      evidence: pools.join(", ") || "no pool has a page",
      argument: "HostTuning.hugepages",
    },
    {
      point: "governor performance",
      state:
        governors.length === 0
          ? "not applicable"
          : fast === governors.length
            ? "done"
            : fast > 0
              ? "in part"
              : "not done",
      evidence: governors.length === 0 ? "no cpufreq on this host" : `${fast} of ${governors.length} CPUs`,
      argument: "HostTuning.cpuGovernor",
    },
    {
      point: "NUMA balancing off",
      state: balancing === undefined ? "not applicable" : balancing === "0" ? "done" : "not done",
      evidence: balancing === undefined ? "this kernel has none" : `kernel.numa_balancing = ${balancing}`,
      argument: "HostTuning.numaBalancing",
    },
    {
      point: "CPUs set apart",
      state: apart.isEmpty ? "not done" : "done",
      evidence: apart.isEmpty ? "no isolated CPU, no partition" : `CPUs ${apart.toString()}`,
      argument: "HostTuning.isolation",
    },
    {
      point: "deep idle states limited",
      state: idle === "none" ? "not applicable" : limits.length > 0 ? "done" : "not done",
      evidence: idle === "none" ? "no idle driver on this host" : `${limits.length} CPUs have a latency limit`,
      argument: "HostTuning.cStates",
    },
  ];
}

function domainPoints(domains: readonly Domain[]): readonly Row[] {
  const running = domains.filter(({ live }) => live !== undefined);
  const row = (point: string, argument: string, has: (facts: ReadonlyMap<string, string>) => boolean): Row => {
    const good = running.filter(({ live }) => has(live?.facts ?? new Map()));
    const others = running.filter((one) => !good.includes(one)).map(({ name }) => name);
    return {
      point,
      argument,
      state:
        running.length === 0
          ? "not applicable"
          : others.length === 0
            ? "done"
            : good.length > 0
              ? "in part"
              : "not done",
      evidence:
        running.length === 0
          ? "no domain runs"
          : others.length === 0
            ? "all running domains"
            : `not: ${others.join(", ")}`,
    };
  };
  return [
    row("memory bound to nodes", "VmCpuPlacement.numa", (facts) =>
      ["strict", "restrictive"].includes(facts.get("numa.mode") ?? ""),
    ),
    row(
      "CPU mode host-passthrough",
      "VmCpuPlacement.cpu.mode",
      (facts) => facts.get("cpu.mode") === "host-passthrough",
    ),
    row("cache passed through", "VmCpuPlacement.cpu.cache", (facts) => facts.get("cpu.cache") === "passthrough"),
  ];
}
