import { CpuSet } from "../../provider/linux/cpu-set";
import { describeTopology } from "../../provider/host-topology/describe";
import type { HostTopology } from "../../provider/host-topology/model";
import type { Reading } from "../reading";
import { table, type Terminal } from "../terminal";

/** lscpu -e, numactl --hardware and the sibling lists in one. */
export async function topology(reading: Reading, terminal: Terminal, { json }: { json: boolean }): Promise<number> {
  const found = describeTopology(await reading.snapshot());
  terminal.out(`${json ? JSON.stringify(found, null, 2) : topologyText(found, terminal.colour)}\n`);
  return 0;
}

const gib = (kib: number | null): string => (kib === null ? "?" : `${(kib / 1024 / 1024).toFixed(1)} GiB`);

export function topologyText(host: HostTopology, colour: boolean): string {
  const head = `${host.hostname}: ${host.packages.length} packages, ${host.cores.length} cores, CPUs ${host.onlineCpus}${
    host.offlineCpus === "" ? "" : ` (offline ${host.offlineCpus})`
  }, memory ${gib(host.memoryKiB)}`;
  const cpus = host.cores.flatMap((core, index) =>
    core.threads.map((cpu) => ({
      cpu,
      row: [String(cpu), String(core.node ?? "-"), String(core.package), String(index), core.threads.join(",")],
    })),
  );
  const l3 = host.caches.filter((cache) => cache.level === 3).map(({ cpus: of }) => CpuSet.parse(of));
  const isolated = CpuSet.parse(host.isolation.isolatedCpus);
  const rows = cpus
    .toSorted((one, other) => one.cpu - other.cpu)
    .map(({ cpu, row }) => [
      ...row,
      String(
        Math.max(
          -1,
          l3.findIndex((set) => set.has(cpu)),
        ),
      ).replace("-1", "-"),
      isolated.has(cpu) ? "isolated" : "",
    ]);
  const nodes = host.nodes.map((node) => [
    String(node.id),
    node.cpus === "" ? "none" : node.cpus,
    gib(node.memoryKiB),
    gib(node.freeMemoryKiB),
    Object.values(node.distances ?? {}).join(" "),
    node.hugepages
      .filter(({ total }) => total > 0)
      .map(({ size, total, free }) => `${total} × ${size} (${free} free)`)
      .join(", ") || "none",
  ]);
  return [
    head,
    "",
    table([["CPU", "NODE", "PACKAGE", "CORE", "SIBLINGS", "L3", ""], ...rows], colour),
    "",
    table([["NODE", "CPUS", "MEMORY", "FREE", "DISTANCES", "HUGE PAGES"], ...nodes], colour),
    ...host.warnings.map((warning) => `warning: ${warning}`),
  ].join("\n");
}
