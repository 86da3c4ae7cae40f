import { inspect } from "../../../provider/inspect/inspect";
import { findingsOf } from "../../../provider/inspect/findings";
import { checklist } from "../../../provider/inspect/checklist";
import { host, healthyFiles, process, sample, xml, type Counters, type Parts } from "./healthy";

const failing = (parts: Parts, counters?: Counters) =>
  inspect(host(parts), sample(counters))
    .checks.filter(({ verdict }) => verdict === "fail")
    .map(({ id, subject }) => `${subject}: ${id}`);

test("a host of which everything is true: no check fails, none is unknown, and the doctor finds nothing", () => {
  const found = inspect(host(), sample());
  expect(found.checks.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
  expect(found.checks.length).toBeGreaterThan(20);
  expect(findingsOf(host(), found)).toEqual([]);
});

const cmdline = (words: string) => ({ "/proc/cmdline": `BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro ${words}` });
const isolated = "/sys/devices/system/cpu/isolated";
const nohz = "/sys/devices/system/cpu/nohz_full";

describe("what the command line says is not what the kernel has", () => {
  test.each<[string, Parts, string[]]>([
    [
      "a list beyond the last CPU drops the whole argument",
      { files: { ...cmdline("isolcpus=domain,2-99 nohz_full=2-3"), [isolated]: "" } },
      ["host: isolation.domain"],
    ],
    [
      "an unknown flag skips the argument",
      { files: { ...cmdline("isolcpus=foo,domain,2-3 nohz_full=2-3"), [isolated]: "" } },
      ["host: isolation.domain"],
    ],
    [
      "the boot CPU stays",
      { files: { ...cmdline("isolcpus=0-3 nohz_full=2-3"), [isolated]: "1-3" } },
      ["host: isolation.domain"],
    ],
    [
      "of two arguments the first holds",
      { files: cmdline("isolcpus=domain,2-3 isolcpus=domain,1 nohz_full=2-3") },
      ["host: isolation.domain"],
    ],
    ["a kernel without nohz_full", { files: { [nohz]: "  (null)" } }, ["host: isolation.nohzFull"]],
    [
      "fewer pages than asked for",
      { files: { "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages": "400" } },
      ["host: hugepages.boot"],
    ],
    [
      "a partition that the kernel does not grant",
      {
        files: {
          "/sys/fs/cgroup/machine.slice/cpuset.cpus.partition":
            "isolated invalid (Cpu list in cpuset.cpus not exclusive)",
          "/sys/fs/cgroup/machine.slice/cpuset.cpus": "2-3",
        },
      },
      ["host: isolation.partition"],
    ],
  ])("%s", (_, parts, expected) => {
    expect(failing(parts)).toEqual(expected);
    const found = inspect(host(parts), sample()).checks.find(({ verdict }) => verdict === "fail");
    expect(found?.remedy).not.toBe("");
  });
});

describe("one input changed, one verdict changed", () => {
  const moved = {
    ...process,
    threads: process.threads.map((one) => (one.tid === 101 ? { ...one, cpus: "2-3" } : one)),
  };
  const cgroup = { ...process, cgroups: new Map([["vcpu1", { cpus: "0-1" }]]) };
  const scheduled = xml.replace("<emulatorpin", "<vcpusched vcpus='0' scheduler='fifo' priority='1'/><emulatorpin");
  test.each<[string, Parts, Counters, string[]]>([
    ["a vCPU's mask", { domain: { process: moved } }, {}, ["db: domain.vcpuPins"]],
    ["a vCPU's cgroup", { domain: { process: cgroup } }, {}, ["db: domain.vcpuPins"]],
    [
      "a definition that differs",
      { domain: { inactive: xml.replace("cpuset='2'", "cpuset='3'") } },
      {},
      ["db: domain.vcpuPins"],
    ],
    [
      "a scheduler that is not set",
      { domain: { live: scheduled, inactive: scheduled } },
      {},
      ["db: domain.vcpuScheduler"],
    ],
    ["the CPU where a vCPU ran", {}, { cpu0: 0 }, ["db: thread.cpu"]],
    ["a migration", {}, { migrations: 5 }, ["db: thread.migrations"]],
    ["time spent waiting", {}, { waitNanoseconds: 300_000_000 }, ["db: thread.delay"]],
    ["a program on a CPU that is set apart", {}, { intruderTicks: 40 }, ["host: intruders.threads"]],
    ["an interrupt there", {}, { interrupts: 500 }, ["host: intruders.interrupts"]],
    ["a page from another node", {}, { misses: 71 }, ["host: numa.miss"]],
    ["memory on another node", {}, { memoryNode: 0 }, ["db: domain.memory"]],
    ["memory in small pages", {}, { hugeKiB: 2048 }, ["db: domain.memory"]],
    [
      "a sysctl that the next boot changes",
      { files: { "/proc/sys/kernel/numa_balancing": "1" } },
      {},
      ["host: sysctl.kernel.numa_balancing"],
    ],
    [
      "one CPU with another governor",
      { files: { "/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor": "powersave" } },
      {},
      ["host: governor"],
    ],
  ])("%s", (_, ...[parts, counters, expected]) => {
    expect(failing(parts, counters)).toEqual(expected);
  });

  test("without an interval nothing is said of it; without QEMU's process its threads are unknown", () => {
    const { checks } = inspect(host(), undefined);
    expect(checks.map(({ id }) => id).filter((id) => /thread|intruder|miss/.test(id))).toEqual([]);
    const { process: _gone, ...withoutProcess } = host().libvirt?.domains[0] ?? {};
    const snapshot = {
      ...host(),
      libvirt: { domains: [withoutProcess as never], records: new Map(), capabilities: new Map() },
    };
    const unknown = inspect(snapshot, sample()).checks.filter(({ verdict }) => verdict === "unknown");
    expect(unknown.map(({ id }) => id)).toEqual(expect.arrayContaining(["domain.process", "domain.vcpuPins"]));
  });
});

describe("the doctor", () => {
  const ids = (parts: Parts, counters?: Counters) =>
    findingsOf(host(parts), inspect(host(parts), sample(counters))).map(({ id, case: which }) => `${which}: ${id}`);
  const governors = Object.fromEntries(
    Object.keys(healthyFiles)
      .filter((path) => path.endsWith("scaling_governor"))
      .map((path) => [path, "schedutil"]),
  );
  const live = (from: string, to: string) => ({
    domain: { live: xml.replace(from, to), inactive: xml.replace(from, to) },
  });
  test.each<[string, Parts, string[]]>([
    ["another governor on pinned CPUs", { files: governors }, ["performance: governor.pinned"]],
    [
      "pinned CPUs that the host uses too",
      { files: { ...cmdline("quiet"), [isolated]: "", [nohz]: "" } },
      ["performance: isolation.pinned"],
    ],
    [
      "NUMA balancing",
      { files: { "/proc/sys/kernel/numa_balancing": "1", "/etc/sysctl.d/90-numa.conf": "kernel.numa_balancing = 1" } },
      ["numa: numaBalancing"],
    ],
    [
      "memory bound to no node",
      live("<numatune><memory mode='strict' nodeset='1'/></numatune>", ""),
      ["numa: numa.unbound"],
    ],
    ["a CPU that cannot migrate", live("migratable='on'", "migratable='off'"), ["migration: migration.hostCpu"]],
    [
      "pins that were moved",
      { domain: { process: { ...process, threads: process.threads.map((one) => ({ ...one, cpus: "0-3" })) } } },
      [],
    ],
  ])("%s", (_, parts, expected) => {
    const found = ids(parts);
    if (expected.length > 0) expect(found).toEqual(expect.arrayContaining(expected));
    else expect(found.filter((one) => one === "pinning: domain.vcpuPins")).toHaveLength(2);
    expect(found.length).toBeLessThanOrEqual(Math.max(expected.length + 1, 7));
  });

  test("libvirt that does not answer is the first thing said", () => {
    const snapshot = {
      ...host(),
      libvirt: { domains: [], records: new Map(), capabilities: new Map(), unavailable: "no socket" },
    };
    expect(findingsOf(snapshot, inspect(snapshot, sample()))[0]).toMatchObject({
      id: "libvirt",
      case: "pinning",
      weight: 3,
    });
  });

  test("a domain that is not there is an error that names it", () => {
    expect(() => inspect(host(), undefined, ["dbb"])).toThrow('there is no domain "dbb" on this host');
  });
});

test("the checklist: eight points, each with what is there", () => {
  const snapshot = host();
  const points = checklist(
    snapshot,
    inspect(snapshot, sample()).domains.map(({ domain }) => domain),
  );
  expect(points.map(({ number, state }) => [number, state])).toEqual([
    [1, "done"],
    [2, "done"],
    [3, "done"],
    [4, "done"],
    [5, "not applicable"],
    [6, "done"],
    [7, "done"],
    [8, "done"],
  ]);
  const bare = host({
    files: { "/proc/sys/kernel/numa_balancing": "1" },
    domain: { live: xml.replace("strict", "preferred") },
  });
  const states = checklist(
    bare,
    inspect(bare).domains.map(({ domain }) => domain),
  ).map(({ state }) => state);
  expect([states[2], states[5]]).toEqual(["not done", "not done"]);
});
