import { CpuSet } from "../../../provider/linux/cpu-set";
import { everywhere, hostFacts, widened, withExpected } from "../../../provider/vm-cpu-placement/host-facts";
import { snapshotOf } from "../../support/snapshot";

const cpuFolder = "/sys/devices/system/cpu";
const nodeFolder = "/sys/devices/system/node";
const twoNodes: Readonly<Record<string, string>> = {
  [`${cpuFolder}/online`]: "0-3",
  [`${cpuFolder}/possible`]: "0-4",
  [`${cpuFolder}/present`]: "0-4",
  [`${cpuFolder}/offline`]: "4",
  [`${cpuFolder}/isolated`]: "3",
  ...Object.fromEntries(
    [0, 1, 2, 3].flatMap((cpu) => [
      [`${cpuFolder}/cpu${cpu}/topology/thread_siblings_list`, cpu < 2 ? "0-1" : "2-3"],
      [`${cpuFolder}/cpu${cpu}/topology/core_siblings_list`, "0-3"],
    ]),
  ),
  [`${nodeFolder}/node0/cpulist`]: "0-1",
  [`${nodeFolder}/node0/meminfo`]: "Node 0 MemTotal:  4194304 kB\nNode 0 MemFree:  4000000 kB",
  [`${nodeFolder}/node0/hugepages/hugepages-2048kB/nr_hugepages`]: "100",
  [`${nodeFolder}/node0/hugepages/hugepages-2048kB/free_hugepages`]: "40",
  [`${nodeFolder}/node1/cpulist`]: "2-3",
  [`${nodeFolder}/node1/meminfo`]: "Node 1 MemTotal:  2097152 kB",
};
const read = (files: Readonly<Record<string, string>>) => hostFacts(snapshotOf({ files }));
const text = ({ cpus, localCpus, ...node }: ReturnType<typeof read>["nodes"][number]) => ({
  ...node,
  cpus: String(cpus),
  localCpus: String(localCpus),
});

test("reads CPUs, cores and nodes, each with its memory and pools", () => {
  const { online, offline, isolated, cores, nodes } = read(twoNodes);
  expect([online, offline, isolated, ...cores].map(String)).toEqual(["0-3", "4", "3", "0-1", "2-3"]);
  expect(nodes.map(text)).toMatchObject([
    {
      id: 0,
      cpus: "0-1",
      localCpus: "0-1",
      memoryKiB: 4194304,
      hugepages: [{ pageSizeKiB: 2048, total: 100, free: 40, surplus: 0 }],
    },
    { id: 1, cpus: "2-3", localCpus: "2-3", memoryKiB: 2097152, hugepages: [] },
  ]);
});

test("knows CPUs and nodes also of a host whose sysfs contradicts itself", () => {
  const host = read({ ...twoNodes, [`${cpuFolder}/cpu0/topology/thread_siblings_list`]: "0-9x" });
  expect(host.cores).toEqual([]);
  expect([host.online, host.offline].map(String)).toEqual(["0-3", "4"]);
  expect(host.nodes.map(text)).toMatchObject([
    { id: 0, cpus: "0-1", memoryKiB: 4194304 },
    { id: 1, cpus: "2-3", memoryKiB: 2097152 },
  ]);
});

test("a kernel without NUMA is one node with all CPUs, memory and pages", () => {
  const host = read({
    [`${cpuFolder}/online`]: "0-1",
    "/proc/meminfo": "MemTotal:  1000 kB\nHugepagesize:  2048 kB",
    "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "7",
    "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "6",
  });
  expect(host.nodes.map(text)).toEqual([
    {
      id: 0,
      cpus: "0-1",
      localCpus: "0-1",
      memoryKiB: 1000,
      hugepages: [{ pageSizeKiB: 2048, total: 7, free: 6, surplus: 0 }],
    },
  ]);
  expect(host.defaultPageKiB).toBe(2048);
});

test.each([
  ["nothing known", {}, [undefined, false]],
  ["v2", { "/sys/fs/cgroup/cgroup.controllers": "" }, [2, false]],
  ["v1", { "/sys/fs/cgroup/cpu,cpuacct/cpu.shares": "" }, [1, false]],
  [
    "v1 with real-time groups",
    { "/sys/fs/cgroup/cpu/cpu.shares": "", "/sys/fs/cgroup/cpu/cpu.rt_runtime_us": "" },
    [1, true],
  ],
])("tells the version of the cgroups: %s", (_name, files, expected) => {
  const { cgroup, realTime } = read(files);
  expect([cgroup, realTime.groupScheduling]).toEqual(expected);
});

test("reads the limit of real-time run time, -1 for none", () => {
  const { realTime } = read({
    "/proc/sys/kernel/sched_rt_runtime_us": "-1",
    "/proc/sys/kernel/sched_rt_period_us": "1000000",
  });
  expect(realTime).toEqual({ runtimeMicroseconds: -1, periodMicroseconds: 1000000, groupScheduling: false });
  expect(read({}).realTime.runtimeMicroseconds).toBeUndefined();
});

test("gives the page sizes that are mounted; a mount that names none has the default size", () => {
  const mounts = [
    "hugetlbfs /dev/hugepages1G hugetlbfs rw,relatime,pagesize=1024M 0 0",
    "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0",
    "none /mnt/again hugetlbfs rw,pagesize=2M,size=1G 0 0",
    "none /mnt/odd hugetlbfs rw,pagesize=odd 0 0",
  ].join("\n");
  expect(read({ "/proc/mounts": mounts }).hugetlbfsKiB).toEqual([2048, 1048576]);
  const old = { "/proc/mounts": "none /x hugetlbfs rw,relatime 0 0", "/proc/meminfo": "Hugepagesize:   2048 kB" };
  expect(read(old).hugetlbfsKiB).toEqual([2048]);
  expect(read({}).hugetlbfsKiB).toEqual([]);
});

test("tells whether numad and resctrl are there", () => {
  const { numad, resctrl } = read({ "/usr/sbin/numad": "", "/sys/fs/resctrl/schemata": "" });
  expect([numad, resctrl]).toEqual([true, true]);
  expect([read({}).numad, read({}).resctrl]).toEqual([false, false]);
});

test("reads one snapshot once", () => {
  const snapshot = snapshotOf({ files: twoNodes });
  expect(hostFacts(snapshot)).toBe(hostFacts(snapshot));
});

describe("a HostTuning of the same run", () => {
  const host = read(twoNodes);

  test("adds the CPUs that it will isolate", () => {
    expect(String(withExpected(host, { isolatedCpus: "1-2", hugepages: [] }).isolated)).toBe("1-3");
  });

  test("sets the time that real-time threads have", () => {
    const expected = { isolatedCpus: "", hugepages: [] };
    expect(withExpected(host, expected).realTime).toEqual(host.realTime);
    const unlimited = { ...host.realTime, runtimeMicroseconds: -1 };
    expect(withExpected(host, { ...expected, realTimeRuntimeMicroseconds: -1 }).realTime).toEqual(unlimited);
  });

  test.each([
    [200, { total: 200, free: 140 }],
    [60, { total: 60, free: 0 }],
    // More are in use than will be left.
    [10, { total: 10, free: 0 }],
  ])("sizes a pool of 100 pages, 60 in use, to %d", (pages, pool) => {
    const { nodes } = withExpected(host, { isolatedCpus: "", hugepages: [{ sizeKiB: 2048, node: 0, pages }] });
    expect(nodes[0]?.hugepages).toEqual([{ pageSizeKiB: 2048, surplus: 0, ...pool }]);
  });

  test("leaves pools of other nodes and sizes", () => {
    const hugepages = [
      { sizeKiB: 2048, node: 1, pages: 5 },
      { sizeKiB: 1048576, node: 0, pages: 5 },
    ];
    expect(withExpected(host, { isolatedCpus: "", hugepages }).nodes).toEqual(host.nodes);
  });

  test("is not there: the host is as it is", () => {
    expect(withExpected(host, undefined)).toBe(host);
  });
});

describe("CPU capabilities", () => {
  const xml = `<domainCapabilities>
  <path>/usr/bin/qemu-system-x86_64</path>
  <domain>kvm</domain>
  <vcpu max='255'/>
  <cpu>
    <mode name='host-passthrough' supported='yes'>
      <enum name='hostPassthroughMigratable'><value>on</value><value>off</value></enum>
    </mode>
    <mode name='maximum' supported='no'/>
    <mode name='host-model' supported='yes'>
      <model fallback='forbid'>Skylake-Client-IBRS</model>
      <vendor>Intel</vendor>
      <maxphysaddr mode='passthrough' limit='39'/>
      <feature policy='require' name='ss'/>
      <feature policy='disable' name='hle'/>
    </mode>
    <mode name='custom' supported='yes'>
      <model usable='yes' vendor='unknown'>qemu64</model>
      <model usable='yes'>486</model>
      <model usable='no'>EPYC</model>
      <model usable='unknown'>POWER9</model>
      <model>bare</model>
    </mode>
  </cpu>
  <devices/>
</domainCapabilities>`;
  const libvirt = { domains: [], records: new Map(), capabilities: new Map([["kvm" as const, xml]]) };
  const host = hostFacts({ ...snapshotOf({}), libvirt });

  test("name the modes, the models that this host can run, and what host-model stands for", () => {
    expect(host.cpuCapabilities("kvm")).toEqual({
      modes: new Set(["host-passthrough", "host-model", "custom"]),
      models: new Map([
        ["qemu64", true],
        ["486", true],
        ["EPYC", false],
        ["POWER9", true],
        ["bare", true],
      ]),
      hostModel: {
        model: "Skylake-Client-IBRS",
        features: new Map([
          ["ss", "require"],
          ["hle", "disable"],
        ]),
      },
    });
  });

  test("are parsed once, and kept when a HostTuning is counted in", () => {
    const first = host.cpuCapabilities("kvm");
    expect(host.cpuCapabilities("kvm")).toBe(first);
    expect(withExpected(host, { isolatedCpus: "", hugepages: [] }).cpuCapabilities("kvm")).toBe(first);
  });

  test("are unknown of a type that the host does not run, and where libvirt was not asked", () => {
    expect(host.cpuCapabilities("qemu")).toBeUndefined();
    expect(host.cpuCapabilities("xen")).toBeUndefined();
    expect(read({}).cpuCapabilities("kvm")).toBeUndefined();
  });

  test.each(["no XML", "<domainCapabilities/>", "<domainCapabilities><cpu>", "<a><b></a>"])(
    "are unknown of a text that is not such a document: %s",
    (text) => {
      const odd = { ...libvirt, capabilities: new Map([["kvm" as const, text]]) };
      expect(hostFacts({ ...snapshotOf({}), libvirt: odd }).cpuCapabilities("kvm")).toBeUndefined();
    },
  );

  test("without host-model say so", () => {
    const tcg = xml.replace(/<mode name='host-model'[\s\S]*?<\/mode>/, "<mode name='host-model' supported='no'/>");
    const odd = { ...libvirt, capabilities: new Map([["qemu" as const, tcg]]) };
    const capabilities = hostFacts({ ...snapshotOf({}), libvirt: odd }).cpuCapabilities("qemu");
    expect(capabilities?.hostModel).toBeUndefined();
    expect(capabilities?.modes).toEqual(new Set(["host-passthrough", "custom"]));
  });
});

test("an isolated set that is empty is no set", () => {
  expect(read({ [`${cpuFolder}/online`]: "0", [`${cpuFolder}/isolated`]: "" }).isolated).toEqual(CpuSet.empty);
});

test("an isolated partition of machine.slice counts as isolated; one that balances or was lost does not", () => {
  const isolated = (partition: string) =>
    String(
      read({
        [`${cpuFolder}/online`]: "0-7",
        [`${cpuFolder}/isolated`]: "1",
        "/sys/fs/cgroup/machine.slice/cpuset.cpus.effective": "2-3",
        "/sys/fs/cgroup/machine.slice/cpuset.cpus.partition": partition,
      }).isolated,
    );
  expect([isolated("isolated"), isolated("root"), isolated("isolated invalid (x)")]).toEqual(["1-3", "1", "1"]);
});

test("a partition that is granted bounds the CPUs of all threads, also one that a HostTuning of the same run will make", () => {
  const slice = "/sys/fs/cgroup/machine.slice/cpuset.cpus";
  const host = (partition: string) =>
    read({ ...twoNodes, [slice]: "1-2", [`${slice}.effective`]: "1-2", [`${slice}.partition`]: partition });
  expect(["root", "isolated", "member", "root invalid (why)"].map((word) => host(word).partition?.toString())).toEqual([
    "1-2",
    "1-2",
    undefined,
    undefined,
  ]);
  expect(String(everywhere(host("root")))).toBe("1-2");
  expect(String(everywhere(host("member")))).toBe("0-3");
  expect(String(widened(host("root"), CpuSet.of(1)))).toBe("1");
  expect(String(widened(host("member"), CpuSet.of(1)))).toBe("0-1");
  const expected = { isolatedCpus: "", hugepages: [], partition: { cpus: "2-3", balanced: true } };
  expect(String(withExpected(host("member"), expected).partition)).toBe("2-3");
});
