import { describeTopology } from "../../../provider/host-topology/describe";
import { TopologyError } from "../../../provider/linux/topology-error";
import { snapshotOf } from "../../support/snapshot";
import { cpuFolder, nodeFolder, sysfs } from "../linux/sysfs-tree";

/** Two sockets of two cores of two threads, siblings i and i+4; node 4 is memory alone, behind socket 1. */
const shape = sysfs({
  online: "0-7",
  present: "0-8",
  possible: "0-15",
  cores: ["0,4", "1,5", "2,6", "3,7"],
  sockets: ["0-1,4-5", "2-3,6-7"],
  dies: ["0-1,4-5", "2-3,6-7"],
  l2: ["0,4", "1,5", "2,6", "3,7"],
  l3: ["0-1,4-5", "2-3,6-7"],
  nodes: {
    0: { cpus: "0-1,4-5", distance: "10 21 28", memoryKiB: 33554432 },
    1: { cpus: "2-3,6-7", distance: "21 10 17", memoryKiB: 0 },
    4: { cpus: "", distance: "28 17 10", memoryKiB: 16777216 },
  },
});

const topologyOf = (changes: Readonly<Record<string, string>> = {}) =>
  describeTopology(snapshotOf({ files: { ...Object.fromEntries(shape), ...changes } }));

describe("a host", () => {
  const topology = topologyOf({
    "/proc/meminfo": "MemTotal: 50331648 kB\nMemFree: 40000000 kB\nHugepagesize: 2048 kB",
    "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "12",
    [`${nodeFolder}/node0/hugepages/hugepages-1048576kB/nr_hugepages`]: "4",
    [`${nodeFolder}/node0/hugepages/hugepages-1048576kB/free_hugepages`]: "3",
    [`${cpuFolder}/smt/control`]: "on",
    [`${cpuFolder}/cpu0/cache/index2/size`]: "1280K",
    [`${cpuFolder}/cpu0/topology/physical_package_id`]: "0",
    [`${cpuFolder}/cpu2/topology/physical_package_id`]: "36",
    [`${cpuFolder}/cpu8/online`]: "0",
    "/sys/bus/pci/devices/0000:3b:00.0/numa_node": "1",
    "/sys/bus/pci/devices/0000:3b:00.0/class": "0x020000",
    "/sys/bus/pci/devices/0000:3b:00.0/net/enp59s0f0/ifindex": "3",
  });

  test("is plain JSON", () => {
    expect(JSON.parse(JSON.stringify(topology))).toEqual(topology);
  });

  test("CPUs, by state", () => {
    expect(topology).toMatchObject({
      hostId: "0123456789abcdef0123456789abcdef",
      hostname: "kvm-01",
      onlineCpus: "0-7",
      offlineCpus: "8",
      presentCpus: "0-8",
      possibleCpus: "0-15",
      smt: "on",
      threadsPerCore: 2,
      warnings: [],
    });
  });

  test("packages, dies, cores and caches, which point at each other", () => {
    expect(topology.packages).toEqual([
      { cpus: "0-1,4-5", id: 0 },
      { cpus: "2-3,6-7", id: 36 },
    ]);
    expect(topology.dies).toEqual([
      { cpus: "0-1,4-5", package: 0 },
      { cpus: "2-3,6-7", package: 1 },
    ]);
    expect(topology.clusters).toEqual([]);
    expect(topology.caches[0]).toEqual({ level: 2, type: "unified", sizeKiB: 1280, cpus: "0,4" });
    expect(topology.caches[5]).toEqual({ level: 3, type: "unified", sizeKiB: null, cpus: "2-3,6-7" });
    expect(topology.cores[3]).toEqual({
      threads: [3, 7],
      package: 1,
      die: 1,
      cluster: null,
      lastLevelCache: 5,
      node: 1,
      kind: "uniform",
    });
    expect(topology.coreKinds).toEqual([{ kind: "uniform", cpus: "0-7", capacity: null }]);
  });

  test("nodes: with CPUs and memory, without memory, without CPUs", () => {
    expect(topology.nodes.map(({ id, cpus, kind, nearestCpus }) => [id, cpus, kind, nearestCpus])).toEqual([
      [0, "0-1,4-5", "general", "0-1,4-5"],
      [1, "2-3,6-7", "cpu-only", "2-3,6-7"],
      [4, "", "memory-only", "2-3,6-7"],
    ]);
    expect(topology.nodes[2]?.distances).toEqual({ 0: 28, 1: 17, 4: 10 });
    expect(topology.nodes[0]?.hugepages).toEqual([{ pageSizeKiB: 1048576, size: "1G", total: 4, free: 3, surplus: 0 }]);
  });

  test("memory and page sizes of the whole host", () => {
    expect([topology.memoryKiB, topology.freeMemoryKiB, topology.defaultHugepageSizeKiB]).toEqual([
      50331648, 40000000, 2048,
    ]);
    expect(topology.hugepages).toEqual([{ pageSizeKiB: 2048, size: "2M", total: 12, free: 0, surplus: 0 }]);
  });

  test("devices with their nodes and network interfaces", () => {
    expect(topology.pciDevices).toEqual([
      { address: "0000:3b:00.0", classCode: "020000", node: 1, networkInterfaces: ["enp59s0f0"] },
    ]);
  });
});

test("a kernel without NUMA has no node, and its cores are on none", () => {
  const files = sysfs({ online: "0-1", cores: ["0", "1"], sockets: ["0-1"] });
  const topology = describeTopology(snapshotOf({ files: Object.fromEntries(files) }));
  expect([topology.nodes, topology.cores.map(({ node }) => node), topology.memoryKiB, topology.smt]).toEqual([
    [],
    [null, null],
    null,
    null,
  ]);
});

test("without L3 the last level is L2; without any cache there is none", () => {
  const files = sysfs({ online: "0-1", cores: ["0", "1"], sockets: ["0-1"], l2: ["0-1"] });
  const topology = describeTopology(snapshotOf({ files: Object.fromEntries(files) }));
  expect(topology.cores.map(({ lastLevelCache }) => lastLevelCache)).toEqual([0, 0]);
  const bare = sysfs({ online: "0", cores: ["0"], sockets: ["0"] });
  expect(describeTopology(snapshotOf({ files: Object.fromEntries(bare) })).cores[0]?.lastLevelCache).toBeNull();
});

describe("CPUs that are set apart", () => {
  const slice = "/sys/fs/cgroup/machine.slice";

  test("nothing is", () => {
    expect(topologyOf().isolation).toEqual({ isolatedCpus: "", nohzFullCpus: "", domainCpus: "0-7", reservedCpus: "" });
  });

  test("by kernel arguments: the rest is the host's; without nohz_full= its file reads (null)", () => {
    const files = { [`${cpuFolder}/isolated`]: "2-3,6-7", [`${cpuFolder}/nohz_full`]: "  (null)" };
    expect(topologyOf(files).isolation).toEqual({
      isolatedCpus: "2-3,6-7",
      nohzFullCpus: "",
      domainCpus: "0-7",
      reservedCpus: "0-1,4-5",
    });
  });

  test.each([
    ["root", { isolatedCpus: "", domainCpus: "1-3,5-7", reservedCpus: "0,4" }],
    ["isolated", { isolatedCpus: "1-3,5-7", domainCpus: "1-3,5-7", reservedCpus: "0,4" }],
    [
      "isolated invalid (Cpu list in cpuset.cpus not exclusive)",
      { isolatedCpus: "", domainCpus: "0-7", reservedCpus: "" },
    ],
  ])("by a partition that reads %j", (word, isolation) => {
    const files = {
      [`${slice}/cpuset.cpus.partition`]: word,
      [`${slice}/cpuset.cpus`]: "1-3,5-7",
      [`${slice}/cpuset.cpus.effective`]: "1-3,5-7",
    };
    expect(topologyOf(files).isolation).toMatchObject(isolation);
  });

  test("by both: they add up", () => {
    const files = {
      [`${cpuFolder}/isolated`]: "3",
      [`${cpuFolder}/nohz_full`]: "3,7",
      [`${slice}/cpuset.cpus.partition`]: "isolated",
      [`${slice}/cpuset.cpus.effective`]: "1-2",
    };
    expect(topologyOf(files).isolation).toEqual({
      isolatedCpus: "1-3",
      nohzFullCpus: "3,7",
      domainCpus: "1-2",
      reservedCpus: "0,4-7",
    });
  });
});

test("what is odd but usable is a warning; what contradicts itself is an error with every contradiction", () => {
  expect(
    topologyOf({
      [`${cpuFolder}/cpu0/topology/physical_package_id`]: "0",
      [`${cpuFolder}/cpu2/topology/physical_package_id`]: "0",
    }).warnings,
  ).toEqual(["CPUs 0-1,4-5 and 2-3,6-7 have one physical_package_id, 0, but are two sockets by their masks"]);
  expect(() => topologyOf({ [`${nodeFolder}/node1/cpulist`]: "1-3,6-7" })).toThrow(TopologyError);
});
