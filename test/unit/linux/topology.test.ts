import { fileTree } from "../../../provider/linux/file-tree";
import { readTopology } from "../../../provider/linux/topology";
import { TopologyError } from "../../../provider/linux/topology-error";
import { cpuFolder, nodeFolder, sysfs, tree } from "./sysfs-tree";

const texts = (sets: readonly { toString(): string }[]) => sets.map(String);

/** Two sockets of two cores of two threads, siblings i and i+4, one node a socket. */
const twoSockets = sysfs({
  online: "0-7",
  possible: "0-15",
  cores: ["0,4", "1,5", "2,6", "3,7"],
  sockets: ["0-1,4-5", "2-3,6-7"],
  dies: ["0-1,4-5", "2-3,6-7"],
  l2: ["0,4", "1,5", "2,6", "3,7"],
  l3: ["0-1,4-5", "2-3,6-7"],
  nodes: {
    0: { cpus: "0-1,4-5", distance: "10 21", memoryKiB: 33554432 },
    1: { cpus: "2-3,6-7", distance: "21 10", memoryKiB: 16777216 },
  },
});

function problemsOf(changes: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    readTopology(tree(twoSockets, changes));
  } catch (error) {
    if (error instanceof TopologyError) return error.problems;
    throw error;
  }
  return [];
}

describe("a host with all its files", () => {
  const topology = readTopology(
    tree(twoSockets, {
      "/proc/meminfo": "MemTotal:       50000000 kB",
      "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "12",
      "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "5",
      "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages": "0",
      [`${nodeFolder}/node1/hugepages/hugepages-2048kB/nr_hugepages`]: "12",
      [`${nodeFolder}/node1/hugepages/hugepages-2048kB/free_hugepages`]: "5",
      [`${nodeFolder}/node1/hugepages/hugepages-2048kB/surplus_hugepages`]: "2",
    }),
  );

  test("CPUs in each state", () => {
    expect(texts([topology.possible, topology.present, topology.online, topology.offline])).toEqual([
      "0-15",
      "0-7",
      "0-7",
      "",
    ]);
  });

  test("sockets, dies, cores and caches, by lowest CPU", () => {
    expect(texts(topology.sockets)).toEqual(["0-1,4-5", "2-3,6-7"]);
    expect(texts(topology.dies)).toEqual(["0-1,4-5", "2-3,6-7"]);
    expect(texts(topology.clusters)).toEqual([]);
    expect(texts(topology.cores)).toEqual(["0,4", "1,5", "2,6", "3,7"]);
    expect(texts(topology.l2Groups)).toEqual(["0,4", "1,5", "2,6", "3,7"]);
    expect(texts(topology.l3Groups)).toEqual(["0-1,4-5", "2-3,6-7"]);
  });

  test("nodes with CPUs, memory, pages and distances", () => {
    expect(topology.numaNodes?.map((node) => [node.id, String(node.cpus), node.memoryKiB, node.freeMemoryKiB])).toEqual(
      [
        [0, "0-1,4-5", 33554432, 7],
        [1, "2-3,6-7", 16777216, 7],
      ],
    );
    expect(topology.numaNodes?.map((node) => node.hugepages)).toEqual([
      [],
      [{ pageSizeKiB: 2048, total: 12, free: 5, surplus: 2 }],
    ]);
    expect(topology.distances).toEqual([
      [10, 21],
      [21, 10],
    ]);
  });

  test("memory and page sizes of the host", () => {
    expect(topology.memoryKiB).toBe(50000000);
    expect(topology.hugepages).toEqual([
      { pageSizeKiB: 2048, total: 12, free: 5, surplus: 0 },
      { pageSizeKiB: 1048576, total: 0, free: 0, surplus: 0 },
    ]);
  });

  test("nothing to doubt", () => {
    expect(topology.doubts).toEqual([]);
  });
});

describe("offline CPUs", () => {
  test("groups and nodes hold online CPUs only, whatever stale files say", () => {
    const topology = readTopology(
      tree(twoSockets, { [`${cpuFolder}/online`]: "0-3", [`${cpuFolder}/cpu4/online`]: "0" }),
    );
    expect(topology.offline.toString()).toBe("4-7");
    expect(texts(topology.cores)).toEqual(["0", "1", "2", "3"]);
    expect(texts(topology.sockets)).toEqual(["0-1", "2-3"]);
    expect(texts(topology.l3Groups)).toEqual(["0-1", "2-3"]);
    expect(topology.numaNodes?.map((node) => String(node.cpus))).toEqual(["0-1", "2-3"]);
    expect(topology.doubts).toEqual([]);
  });

  test("without the lists, a CPU with a folder is online unless its file says 0", () => {
    const topology = readTopology(
      fileTree(
        new Map([
          [`${cpuFolder}/cpu0/topology/core_id`, "0"],
          [`${cpuFolder}/cpu1/online`, "1"],
          [`${cpuFolder}/cpu2/online`, "0"],
          [`${cpuFolder}/cpufreq/boost`, "1"],
        ]),
      ),
    );
    expect(texts([topology.possible, topology.present, topology.online, topology.offline])).toEqual([
      "0-2",
      "0-2",
      "0-1",
      "2",
    ]);
  });
});

describe("nodes", () => {
  test("without a node folder there are none", () => {
    const { numaNodes, distances } = readTopology(tree(sysfs({ online: "0-1", cores: ["0", "1"], sockets: ["0-1"] })));
    expect([numaNodes, distances]).toEqual([null, null]);
  });

  test("memory-only nodes are near to the CPUs of the nearest nodes; numbers may have gaps", () => {
    const { numaNodes, distances, doubts } = readTopology(
      tree(
        sysfs({
          online: "0-3",
          cores: ["0", "1", "2", "3"],
          sockets: ["0-1", "2-3"],
          nodes: {
            0: { cpus: "0-1", distance: "10 20 17 28", memoryKiB: 1 },
            8: { cpus: "2-3", distance: "20 10 28 28", memoryKiB: 0 },
            250: { cpus: "", distance: "17 28 10 28", memoryKiB: 15728640 },
            255: { cpus: "", distance: "28 28 28 10" },
          },
        }),
      ),
    );
    expect(numaNodes?.map((node) => [node.id, String(node.cpus), String(node.localCpus), node.memoryKiB])).toEqual([
      [0, "0-1", "0-1", 1],
      [8, "2-3", "2-3", 0],
      [250, "", "0-1", 15728640],
      [255, "", "0-3", null],
    ]);
    expect(distances?.[2]).toEqual([17, 28, 10, 28]);
    expect(doubts).toEqual([]);
  });

  test("masks wider than the host, and masks without a list", () => {
    const { numaNodes } = readTopology(
      tree(twoSockets, {
        [`${nodeFolder}/node0/cpulist`]: undefined,
        [`${nodeFolder}/node0/cpumap`]: `${"00000000,".repeat(31)}0000ff33`,
      }),
    );
    expect(numaNodes?.map((node) => String(node.cpus))).toEqual(["0-1,4-5", "2-3,6-7"]);
  });

  test("without a list, the links to CPU folders tell", () => {
    const { numaNodes } = readTopology(
      tree(twoSockets, {
        [`${nodeFolder}/node0/cpulist`]: undefined,
        [`${nodeFolder}/node0/cpu0/topology/core_id`]: "0",
        [`${nodeFolder}/node0/cpu1/topology/core_id`]: "1",
        [`${nodeFolder}/node0/cpu4/topology/core_id`]: "0",
        [`${nodeFolder}/node0/cpu5/topology/core_id`]: "1",
      }),
    );
    expect(numaNodes?.map((node) => String(node.cpus))).toEqual(["0-1,4-5", "2-3,6-7"]);
  });

  test("a missing row leaves all distances unknown, and says so", () => {
    const topology = readTopology(tree(twoSockets, { [`${nodeFolder}/node1/distance`]: undefined }));
    expect(topology.distances).toBeNull();
    expect(topology.doubts).toEqual(["some NUMA nodes have no distance file: distances are unknown"]);
  });
});

describe("older and smaller kernels", () => {
  test("the names of sibling files before 5.2", () => {
    const files = new Map(
      [...twoSockets].map(([path, text]): [string, string] => [
        path.replace("core_cpus", "thread_siblings").replace("package_cpus", "core_siblings"),
        text,
      ]),
    );
    expect(texts(readTopology(tree(files)).cores)).toEqual(["0,4", "1,5", "2,6", "3,7"]);
    expect(texts(readTopology(tree(files)).sockets)).toEqual(["0-1,4-5", "2-3,6-7"]);
  });

  test("without sibling files the ids tell, apart for each node", () => {
    const files = sysfs({
      online: "0-3",
      cores: [],
      sockets: [],
      nodes: { 0: { cpus: "0-1", distance: "10 16" }, 1: { cpus: "2-3", distance: "16 10" } },
    });
    for (const cpu of [0, 1, 2, 3]) {
      files.set(`${cpuFolder}/cpu${cpu}/topology/physical_package_id`, "0");
      files.set(`${cpuFolder}/cpu${cpu}/topology/core_id`, String(cpu % 2));
    }
    const topology = readTopology(tree(files));
    expect(texts(topology.sockets)).toEqual(["0-3"]);
    expect(texts(topology.cores)).toEqual(["0", "1", "2", "3"]);
    expect(texts(readTopology(tree(files, { [`${cpuFolder}/cpu1/topology/core_id`]: "0" })).cores)).toEqual([
      "0-1",
      "2",
      "3",
    ]);
  });

  test("with no topology folder each CPU is a core, all in one socket", () => {
    const topology = readTopology(tree(sysfs({ online: "0-2", cores: [], sockets: [] })));
    expect(texts(topology.cores)).toEqual(["0", "1", "2"]);
    expect(texts(topology.sockets)).toEqual(["0-2"]);
  });

  test("a NUL byte behind a list", () => {
    const topology = readTopology(
      tree(twoSockets, { [`${cpuFolder}/cpu0/topology/package_cpus_list`]: "0-1,4-5\n\0" }),
    );
    expect(texts(topology.sockets)).toEqual(["0-1,4-5", "2-3,6-7"]);
  });
});

describe("caches", () => {
  test("instruction caches and levels 1 and 4 do not count; a core may lack an L3", () => {
    const files = sysfs({
      online: "0-3",
      cores: ["0", "1", "2", "3"],
      sockets: ["0-3"],
      l2: ["0", "1", "2-3"],
      l3: ["0-1"],
    });
    const changes: Record<string, string> = {};
    for (const [index, level, type] of [
      [0, "1", "Data"],
      [1, "2", "Instruction"],
      [4, "4", "Unified"],
    ]) {
      changes[`${cpuFolder}/cpu0/cache/index${index}/level`] = String(level);
      changes[`${cpuFolder}/cpu0/cache/index${index}/type`] = String(type);
      changes[`${cpuFolder}/cpu0/cache/index${index}/shared_cpu_list`] = "0-3";
    }
    const topology = readTopology(tree(files, changes));
    expect(texts(topology.l2Groups)).toEqual(["0", "1", "2-3"]);
    expect(texts(topology.l3Groups)).toEqual(["0-1"]);
    expect(topology.doubts).toEqual([]);
  });
});

describe("damaged tables", () => {
  test("every contradiction is listed in one error", () => {
    const problems = problemsOf({
      [`${cpuFolder}/online`]: "0-7,16",
      [`${cpuFolder}/cpu3/online`]: "0",
      [`${cpuFolder}/cpu2/topology/package_cpus_list`]: "2-",
      [`${nodeFolder}/node1/cpulist`]: "1-3,6-7",
      [`${nodeFolder}/node1/distance`]: "21 x",
    });
    expect(problems).toEqual([
      "CPUs 16 are online but not present",
      `CPUs 3 are in ${cpuFolder}/online, but their cpuN/online reads 0`,
      `${nodeFolder}/node1/distance: "21 x" are not 2 distances, one for each of nodes 0, 1`,
      "CPUs 1 are on NUMA node 1 and on a lower one too",
      `${cpuFolder}/cpu2/topology/package_cpus_list: invalid CPU list "2-": it is not a CPU number or a range of them. Write for example "0-3,8"`,
    ]);
  });

  test.each([
    [
      "siblings that disagree",
      { [`${cpuFolder}/cpu1/topology/core_cpus_list`]: "0-1" },
      "one core is CPUs 0-1 to CPU 1, but CPUs 0,4 to CPU 0",
    ],
    [
      "sockets that overlap",
      { [`${cpuFolder}/cpu2/topology/package_cpus_list`]: "0-3" },
      "one socket is CPUs 0-3 to CPU 2, but CPUs 0-1,4-5 to CPU 0",
    ],
    [
      "caches that overlap",
      { [`${cpuFolder}/cpu2/cache/index3/shared_cpu_list`]: "0,2" },
      "one L3 cache is CPUs 0,2 to CPU 2, but CPUs 0-1,4-5 to CPU 0",
    ],
    [
      "a core on two nodes",
      { [`${nodeFolder}/node0/cpulist`]: "0-1,5", [`${nodeFolder}/node1/cpulist`]: "2-4,6-7" },
      "CPUs 0,4 are siblings of one core, but lie in more than one NUMA node: 0-1,5 and 2-4,6-7",
    ],
    [
      "more CPUs than any kernel has",
      { [`${cpuFolder}/cpu99999/online`]: "1" },
      `${cpuFolder}/cpu99999: no kernel has that many CPUs`,
    ],
    [
      "a number that is none",
      { [`${cpuFolder}/cpu1/online`]: "yes" },
      `${cpuFolder}/cpu1/online: "yes" is not a number`,
    ],
    [
      "CPUs that are present but not possible",
      { [`${cpuFolder}/possible`]: "0-6" },
      "CPUs 7 are present but not possible",
    ],
  ])("%s", (_, changes, problem) => {
    expect(problemsOf(changes)).toContain(problem);
  });

  test("a host without any file", () => {
    expect(() => readTopology(fileTree(new Map()))).toThrow(
      `no CPU is online: ${cpuFolder}/online and the cpuN folders name none`,
    );
  });

  test("the message shows twenty contradictions, the error holds all", () => {
    const changes = Object.fromEntries(
      Array.from({ length: 30 }, (_, cpu) => [`${cpuFolder}/cpu${cpu}/online`, "x"] as const),
    );
    const problems = problemsOf(changes);
    expect(problems).toHaveLength(30);
    const message = new TopologyError(problems).message;
    expect(message).toContain("  - and 10 more\n");
    expect(message.split("\n")).toHaveLength(23);
  });
});

describe("doubts", () => {
  const doubts = (changes: Readonly<Record<string, string | undefined>>) =>
    readTopology(tree(twoSockets, changes)).doubts;

  test("a list and a mask that differ: the mask is taken, and it is said once", () => {
    const topology = readTopology(
      tree(twoSockets, {
        [`${cpuFolder}/cpu0/cache/index2/shared_cpu_list`]: "0",
        [`${cpuFolder}/cpu0/cache/index2/shared_cpu_map`]: "11",
        [`${cpuFolder}/cpu4/cache/index2/shared_cpu_list`]: "4",
        [`${cpuFolder}/cpu4/cache/index2/shared_cpu_map`]: "11",
      }),
    );
    expect(texts(topology.l2Groups)).toEqual(["0,4", "1,5", "2,6", "3,7"]);
    const folder = `${cpuFolder}/cpu0/cache/index2`;
    expect(topology.doubts).toEqual([
      `${folder}/shared_cpu_list says 0, but ${folder}/shared_cpu_map says 0,4, which is taken`,
    ]);
  });

  test("two sockets with one id (cluster-on-die to an old kernel)", () => {
    const ids = {
      [`${cpuFolder}/cpu0/topology/physical_package_id`]: "0",
      [`${cpuFolder}/cpu2/topology/physical_package_id`]: "0",
    };
    expect(doubts(ids)).toEqual([
      "CPUs 0-1,4-5 and 2-3,6-7 have one physical_package_id, 0, but are two sockets by their masks",
    ]);
    expect(doubts({ ...ids, [`${cpuFolder}/cpu0/topology/book_id`]: "0" })).toEqual([]);
  });

  test("a CPU that is not its own sibling: the ids tell the cores", () => {
    const topology = readTopology(
      tree(sysfs({ online: "0-1", cores: ["0", "1"], sockets: ["0-1"] }), {
        [`${cpuFolder}/cpu1/topology/core_cpus_list`]: "0",
        [`${cpuFolder}/cpu0/topology/core_id`]: "0",
        [`${cpuFolder}/cpu1/topology/core_id`]: "1",
      }),
    );
    expect(texts(topology.cores)).toEqual(["0", "1"]);
    expect(topology.doubts).toEqual([
      "CPUs 1 are not in their own core by the sibling files: cores are told by their ids",
    ]);
  });

  test("an L2 cache that some CPUs do not show", () => {
    expect(doubts({ [`${cpuFolder}/cpu7/cache/index2/level`]: undefined })).toEqual([
      "CPUs 7 show no L2 cache, but others do",
    ]);
  });

  test("CPUs on no node", () => {
    expect(doubts({ [`${nodeFolder}/node1/cpulist`]: undefined })).toEqual([
      "NUMA node 1: no file names its CPUs, so it is taken to have none",
      "CPUs 2-3,6-7 are on no NUMA node",
    ]);
  });
});
