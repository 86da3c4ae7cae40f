/*
 * Three domains as guides like to print them, wanted together on one host: 32 CPUs, two nodes of 64 GiB, 8192 huge pages
 * of 2M. Such guides number siblings n and n+16 and nodes 0-15 and 16-31, which cannot both be: here each of the two is
 * made real.
 */
import { CpuSet } from "../../../../provider/linux/cpu-set";
import type { HostFacts } from "../../../../provider/vm-cpu-placement/host-facts";
import type { OtherDomain } from "../../../../provider/vm-cpu-placement/others";
import { preflight } from "../../../../provider/vm-cpu-placement/preflight/preflight";
import { gib, host, nodeOf, otherOf, pinned, pool, requestOf, shutOff, type FactTable } from "../support";

const count = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);
const memory = (gibibytes: number): string => `${gibibytes * gib} KiB`;

const domains: Readonly<Record<string, FactTable>> = {
  "db-server": {
    "vcpus.maximum": "8",
    ...pinned(count(8)),
    emulatorPin: "8-9",
    memory: memory(32),
    "numa.mode": "strict",
    "numa.nodeset": "0",
    "numa.cells.0.vcpus": "0-7",
    "numa.cells.0.memory": memory(32),
    "memoryBacking.hugepages": "default",
    "memoryBacking.locked": "yes",
    "memoryBacking.hardLimit": memory(34),
    "cpu.mode": "host-passthrough",
    "cpu.cache": "passthrough",
    "cpu.topology.sockets": "1",
    "cpu.topology.cores": "8",
    "cpu.topology.threads": "1",
  },
  "rt-app": {
    "vcpus.maximum": "4",
    ...pinned(count(4)),
    emulatorPin: "4",
    ...Object.fromEntries(count(4).map((vcpu) => [`vcpuScheduler.${vcpu}`, "fifo 1"])),
    memory: memory(16),
    "numa.mode": "strict",
    "numa.nodeset": "0",
    "memoryBacking.hugepages": "default",
    "memoryBacking.locked": "yes",
    "memoryBacking.hardLimit": memory(17),
    "memoryBacking.nosharepages": "yes",
    "cpu.mode": "host-passthrough",
    "cpu.cache": "passthrough",
    "cpu.topology.sockets": "1",
    "cpu.topology.cores": "4",
    "cpu.topology.threads": "1",
  },
  "large-vm": {
    "vcpus.maximum": "32",
    ...pinned(count(32)),
    memory: memory(128),
    "numa.mode": "strict",
    "numa.nodeset": "0-1",
    "numa.cells.0.vcpus": "0-15",
    "numa.cells.0.memory": memory(64),
    "numa.cells.0.mode": "strict",
    "numa.cells.0.nodeset": "0",
    "numa.cells.1.vcpus": "16-31",
    "numa.cells.1.memory": memory(64),
    "numa.cells.1.mode": "strict",
    "numa.cells.1.nodeset": "1",
    "memoryBacking.hugepages": "default",
    "cpu.mode": "host-model",
    "cpu.topology.sockets": "2",
    "cpu.topology.cores": "8",
    "cpu.topology.threads": "2",
  },
};

const hugepages = [pool(2048, 4096)];
const common: HostFacts = {
  ...host,
  online: CpuSet.parse("0-31"),
  offline: CpuSet.empty,
  realTime: { runtimeMicroseconds: 950000, periodMicroseconds: 1000000, groupScheduling: false },
};
/** Threads of a core are n and n+16, so the nodes are halves of both ranges. */
const siblingsApart: HostFacts = {
  ...common,
  cores: count(16).map((core) => CpuSet.of(core, core + 16)),
  nodes: [
    nodeOf(0, "0-7,16-23", { memoryKiB: 64 * gib, hugepages }),
    nodeOf(1, "8-15,24-31", { memoryKiB: 64 * gib, hugepages }),
  ],
};
/** The nodes are 0-15 and 16-31, so threads of a core are neighbours. */
const siblingsBeside: HostFacts = {
  ...common,
  cores: count(16).map((core) => CpuSet.of(2 * core, 2 * core + 1)),
  nodes: [
    nodeOf(0, "0-15", { memoryKiB: 64 * gib, hugepages }),
    nodeOf(1, "16-31", { memoryKiB: 64 * gib, hugepages }),
  ],
};

/** One after the other, as a program's resources are checked: the earlier are promised when the later is looked at. */
function together(on: HostFacts): Readonly<Record<string, ReturnType<typeof preflight>>> {
  const others: OtherDomain[] = [];
  return Object.fromEntries(
    Object.entries(domains).map(([name, facts]) => {
      const domain = { ...shutOff(facts), uuid: name, name };
      const findings = preflight(requestOf(facts, { domain, host: on, others: [...others] }));
      others.push(otherOf(name, facts, { promised: true, uuid: name }));
      return [name, findings];
    }),
  );
}

const pages = (needed: number, node: number) => ({
  path: "memoryBacking.hugepages",
  reason:
    `${needed} pages of 2M are needed on NUMA node ${node}, and 4096 of 4096 are free: reserve more (HostTuning: ` +
    `hugepages: [{ size: "2M", nodes: { ${node}: ${needed} } }]), or place the memory on another node`,
});
const dedicated = (cpus: string, name: string) => ({
  path: "vcpuPins",
  reason: `CPUs ${cpus} are dedicated to domain "${name}" too (its vCPUs ${cpus}): pin one of the two domains elsewhere`,
});
const onCpu0 = {
  path: "vcpuScheduler",
  reason:
    "real-time vCPU 0 is on CPU 0, where the host's own work is (interrupts, kernel threads), which would wait. Pin it to other CPUs",
};
const throttled =
  "vcpuScheduler: kernel.sched_rt_runtime_us is 950000 of 1000000: a real-time thread that does not sleep is stopped for " +
  '50000 µs of each 1000000 µs. To take the limit off: HostTuning: sysctl: { "kernel.sched_rt_runtime_us": -1 }';
const emulatorOn4 =
  'emulatorPin: CPU 4 is dedicated to domain "db-server" (its vCPU 4): choose others for the emulator';
const emulatorsOnLarge = [
  'vcpuPins: on CPUs 8-9, dedicated here to vCPUs 8-9, the emulator of domain "db-server" may run: pin it elsewhere',
  'vcpuPins: on CPU 4, dedicated here to vCPU 4, the emulator of domain "rt-app" may run: pin it elsewhere',
];
const exhausted = (node: number, cpus: string, domainNames: string) =>
  `vcpuPins: each CPU of NUMA node ${node} (${cpus}) is dedicated to a vCPU (of domain ${domainNames}): leave one or two ` +
  "for the host and for QEMU's own threads";
const siblings = (first: number) =>
  `vcpuPins.${first}, vcpuPins.${first + 1}: CPUs ${first}-${first + 1} are threads of one core, and the guest takes its ` +
  "vCPUs for cores of their own";
const crossing = (cpus: string, cell: number, local: string) => ({
  path: "vcpuPins",
  reason:
    `vCPUs ${cpus} are pinned to CPUs ${cpus}, and the memory of guest cell ${cell} is on NUMA node ${cell} (CPUs ${local}): ` +
    `each access would cross the nodes. Pin them there, or move the memory (numa.cells.${cell}.nodeset)`,
});

test("where siblings are n and n+16 the large domain has wrong siblings and wrong nodes, and the database's emulator is off its node", () => {
  expect(together(siblingsApart)).toEqual({
    "db-server": {
      problems: [
        pages(16384, 0),
        {
          path: "emulatorPin",
          reason:
            "CPUs 8-9 of emulatorPin are not on NUMA node 0 (CPUs 0-7,16-23), where the memory is taken at the start: the start " +
            'would fail ("Setting CPU affinity failed: Invalid argument"). Add a CPU of that node',
        },
      ],
      warnings: [],
    },
    "rt-app": {
      problems: [pages(8192, 0), onCpu0, dedicated("0-3", "db-server")],
      warnings: [throttled, emulatorOn4],
    },
    "large-vm": {
      problems: [
        {
          path: "vcpuPins",
          reason:
            "the guest takes 2 vCPUs in a row for threads of one core, and they lie on different cores: vCPUs 0-1 on CPUs 0-1, " +
            "vCPUs 2-3 on CPUs 2-3, vCPUs 4-5 on CPUs 4-5, vCPUs 6-7 on CPUs 6-7 and 12 more. Pin such vCPUs to siblings (0-1 to " +
            "0,16), or set cpu.topology.threads: 1",
        },
        pages(32768, 0),
        pages(32768, 1),
        crossing("8-15", 0, "0-7,16-23"),
        crossing("16-23", 1, "8-15,24-31"),
        dedicated("0-7", "db-server"),
        dedicated("0-3", "rt-app"),
      ],
      warnings: [
        ...emulatorsOnLarge,
        exhausted(0, "0-7,16-23", '"large-vm", "db-server", "rt-app"'),
        exhausted(1, "8-15,24-31", '"large-vm"'),
      ],
    },
  });
});

test("where nodes are 0-15 and 16-31 the small domains lie on siblings that they take for cores", () => {
  expect(together(siblingsBeside)).toEqual({
    "db-server": { problems: [pages(16384, 0)], warnings: [0, 2, 4, 6].map(siblings) },
    "rt-app": {
      problems: [pages(8192, 0), onCpu0, dedicated("0-3", "db-server")],
      warnings: [siblings(0), siblings(2), throttled, emulatorOn4],
    },
    "large-vm": {
      problems: [pages(32768, 0), pages(32768, 1), dedicated("0-7", "db-server"), dedicated("0-3", "rt-app")],
      warnings: [
        ...emulatorsOnLarge,
        exhausted(0, "0-15", '"large-vm", "db-server", "rt-app"'),
        exhausted(1, "16-31", '"large-vm"'),
      ],
    },
  });
});
