import { hostFacts } from "../../../provider/vm-cpu-placement/host-facts";
import { preflight } from "../../../provider/vm-cpu-placement/preflight/preflight";
import { desiredFacts } from "../../../provider/vm-cpu-placement/desired";
import { parseArgs } from "../../../provider/vm-cpu-placement/schema";
import type { HostSnapshot } from "../../../provider/host/snapshot";
import { createPlacementPlan } from "../../../provider/placement-plan/resource";
import { checked, connectionTo, domainOf, hostOf, hostsWith, pins, urnOf, type Checked } from "./support";

const vm = (vcpus: number, memoryMiB: number, more: object = {}): object => ({ vcpus, memoryMiB, ...more });

describe("one host of two nodes, four cores each with two threads", () => {
  const snapshots = { "kvm-01": hostOf() };
  const plan = (vms: object, host: object = {}): Promise<Checked> =>
    checked(snapshots, { hosts: { "kvm-01": host }, vms });

  test("a dedicated VM on siblings, with pages, I/O threads and a topology that matches its pins", async () => {
    const { placements, hosts } = await plan({
      db: vm(4, 4096, { pageSize: "1G", threadPolicy: "require", emulatorThreads: "isolate", ioThreads: 2 }),
    });
    expect(placements["db"]).toEqual({
      host: "kvm-01",
      why: expect.stringContaining("kvm-01") as string,
      cells: [{ id: 0, vcpus: "0-3", memoryMiB: 4096, memoryNode: 0, cpuNode: 0 }],
      settings: {
        vcpus: { maximum: 4 },
        vcpuPins: { 0: "1", 1: "9", 2: "2", 3: "10" },
        emulatorPin: "3",
        iothreads: [
          { id: 1, cpus: "3" },
          { id: 2, cpus: "3" },
        ],
        numa: { mode: "strict", nodeset: "0" },
        cpu: { topology: { sockets: 1, cores: 2, threads: 2 } },
        memoryBacking: { hugepages: [{ size: "1G" }] },
      },
      emulatorCpus: "3",
    });
    expect(hosts["kvm-01"]).toEqual({
      isolatedCpus: "1-3,5-7,9-11,13-15",
      hugepages: [{ size: "1G", nodes: { 0: 4, 1: 0 }, reserveMiB: 1024 }],
    });
  });

  test("a VM over two nodes has guest cells, each on one, and an emulator that reaches both", async () => {
    const { placements } = await plan({
      large: vm(8, 16384, { nodes: 2, pageSize: "1G", emulatorThreads: "isolate" }),
    });
    const settings = placements["large"]?.settings;
    expect(settings?.numa).toEqual({
      mode: "strict",
      nodeset: "0-1",
      cells: [
        { id: 0, vcpus: "0-3", memoryMiB: 8192, mode: "strict", nodeset: "0" },
        { id: 1, vcpus: "4-7", memoryMiB: 8192, mode: "strict", nodeset: "1" },
      ],
    });
    expect(settings?.emulatorPin).not.toBe(placements["large"]?.emulatorCpus);
    expect(settings?.emulatorPin).toBe("3-4,12");
  });

  test("real time: fifo, locked memory, its emulator elsewhere, and a warning that nothing keeps the host away", async () => {
    const { placements, warnings } = await plan({ rt: vm(2, 1024, { latencyClass: "realTime" }) });
    expect(placements["rt"]?.settings).toMatchObject({
      vcpuScheduler: [{ vcpus: "0-1", scheduler: "fifo", priority: 1 }],
      memoryBacking: { locked: true },
    });
    expect(warnings).toEqual([
      'kvm-01: nothing keeps the host\'s own work off the CPUs of VM "rt", which is realTime: HostTuning isolation: { cpus: plan.isolatedCpus(...) }, and isolation: "boot" or "partition" at this host',
    ]);
    const isolated = await plan({ rt: vm(2, 1024, { latencyClass: "realTime" }) }, { isolation: "boot" });
    expect(isolated.warnings).toEqual([]);
  });

  test("shared and mixed VMs", async () => {
    const { placements } = await plan({
      web: vm(2, 1024, { cpuPolicy: "shared" }),
      half: vm(3, 1024, { cpuPolicy: "mixed", dedicatedVcpus: 2 }),
    });
    expect(placements["web"]?.settings.cpu).toBeUndefined();
    expect(Object.values(placements["web"]?.settings.vcpuPins ?? {})).toEqual(["0,8", "0,8"]);
    const [first = "", second = "", third = ""] = Object.values(placements["half"]?.settings.vcpuPins ?? {});
    expect([first, second].every((pin) => /^\d+$/.test(pin))).toBe(true);
    expect(["0,8", "4,12"]).toContain(third);
  });

  test("without a word of it the first core of each node stays with the host, and 5 % of its memory", async () => {
    const { problems } = await plan({ big: vm(1, 16000) });
    expect(problems).toEqual([expect.stringContaining("big on kvm-01")]);
    const { placements } = await plan({ all: vm(6, 15360), other: vm(6, 15360) });
    const used = Object.values(placements).flatMap(({ settings }) => Object.values(settings.vcpuPins));
    expect(used.map(Number).sort((a, b) => a - b)).toEqual([1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15]);
  });

  test("memory is reserved for each node, or for all alike", async () => {
    const one = await plan({ big: vm(1, 8192) }, { reservedMemoryMiB: { 0: 12288 } });
    expect(one.placements["big"]?.cells[0]?.memoryNode).toBe(1);
    const all = await plan({ big: vm(1, 8192, { nodes: 1 }) }, { reservedMemoryMiB: 12288 });
    expect(all.problems).toHaveLength(1);
  });

  test("a partition: everything inside, the shared threads too, and all that is not reserved is for domains", async () => {
    const { placements, hosts } = await plan(
      { web: vm(2, 1024, { cpuPolicy: "shared" }), db: vm(2, 1024) },
      { isolation: "partition", reserved: "0,8" },
    );
    expect(hosts["kvm-01"]?.isolatedCpus).toBe("1-7,9-15");
    expect(placements["web"]?.settings.emulatorPin).toBe("1,9");
    expect(placements["db"]?.settings.emulatorPin).toMatch(/^(1,9|4,12)$/);
  });

  test.each([
    [{ reserved: "0,99" }, "hosts.kvm-01.reserved: CPUs 99 are not online on this host, which has 0-15"],
    [{ shared: "16" }, "hosts.kvm-01.shared: CPUs 16 are not online on this host, which has 0-15"],
    [
      { reservedMemoryMiB: { 2: 1024 } },
      "hosts.kvm-01.reservedMemoryMiB.2: there is no such NUMA node on this host, which has 0, 1",
    ],
    [
      { isolation: "partition", reserved: "0,8", shared: "0" },
      "hosts.kvm-01.shared: CPUs 0 are not among those that domains may run on, 1-7,9-15",
    ],
  ])("what the host does not have: %j", async (host, problem) => {
    expect((await plan({ db: vm(1, 512) }, host)).problems).toEqual([problem]);
  });

  test("each placement passes a placement's own preflight, alone and together", async () => {
    const { placements } = await plan({
      db: vm(4, 4096, { threadPolicy: "require", pageSize: "2M" }),
      rt: vm(2, 1024, { latencyClass: "realTime" }),
      large: vm(2, 8192, { nodes: 2 }),
      web: vm(2, 1024, { cpuPolicy: "shared" }),
    });
    const all = Object.entries(placements).map(([domain, { settings }]) => {
      const parsed = parseArgs({ connection: connectionTo("kvm-01"), domain, ...settings });
      if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
      return { domain, fields: parsed.args, wanted: desiredFacts(parsed.args, { existing: [] }) };
    });
    const host = hostFacts(snapshots["kvm-01"]);
    // The pages are made in the same run.
    const tuned = {
      ...host,
      hugetlbfsKiB: [2048],
      realTime: { ...host.realTime, runtimeMicroseconds: -1 },
      nodes: host.nodes.map((node) => ({
        ...node,
        hugepages: node.hugepages.map((pool) => ({ ...pool, total: 2048, free: 2048 })),
      })),
    };
    const found = all.flatMap(({ domain, fields, wanted }) => {
      const others = all
        .filter((one) => one.domain !== domain)
        .map((one) => ({
          name: one.domain,
          uuid: undefined,
          running: true,
          autostart: false,
          owner: undefined,
          promised: true,
          facts: new Map([...one.wanted].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))),
          maximumVcpus: 4,
        }));
      const targets = { live: new Map<string, string | null>(), config: wanted };
      const { problems, warnings } = preflight({ fields, wanted, targets, domain: undefined, host: tuned, others });
      return [...problems.map(({ path, reason }) => `${path}: ${reason}`), ...warnings];
    });
    expect(found).toEqual([]);
  });
});

describe("what others have of the host", () => {
  test("their CPUs and memory are taken off, their pages are kept", async () => {
    const other = domainOf("other", {
      memoryMiB: 4096,
      more: `${pins(1, 9)}<numatune><memory mode='strict' nodeset='0'/></numatune><memoryBacking><hugepages><page size='2' unit='MiB'/></hugepages></memoryBacking>`,
    });
    const snapshots = { "kvm-01": hostOf({ domains: [other] }) };
    const { placements, hosts } = await checked(snapshots, {
      vms: { db: vm(4, 10240, { pageSize: "2M", nodes: 1, threadPolicy: "require" }) },
    });
    const used = Object.values(placements["db"]?.settings.vcpuPins ?? {});
    expect(used).not.toEqual(expect.arrayContaining(["1"]));
    const node = placements["db"]?.cells[0]?.memoryNode === 0 ? { 0: 2048 + 5120, 1: 0 } : { 0: 2048, 1: 5120 };
    expect(hosts["kvm-01"]?.hugepages).toEqual([{ size: "2M", nodes: node, reserveMiB: 1024 }]);
    const both = await checked(snapshots, { vms: { db: vm(4, 15360, { nodes: 1 }), web: vm(1, 15360, { nodes: 1 }) } });
    expect(both.problems).toHaveLength(1);
  });

  test("memory that is bound nowhere counts on each node by its size", async () => {
    const snapshots = { "kvm-01": hostOf({ domains: [domainOf("other", { memoryMiB: 16384, more: pins(1, 9) })] }) };
    const fits = await checked(snapshots, { vms: { a: vm(1, 7168, { nodes: 1 }), b: vm(1, 7168, { nodes: 1 }) } });
    expect(fits.problems).toEqual([]);
    const more = await checked(snapshots, { vms: { a: vm(1, 7168, { nodes: 1 }), b: vm(1, 7680, { nodes: 1 }) } });
    expect(more.problems).toHaveLength(1);
  });

  test("isolated CPUs are for dedicated threads, the others stay with the host", async () => {
    const files = { "/sys/devices/system/cpu/isolated": "2-3,10-11" };
    const { placements, hosts } = await checked({ "kvm-01": hostOf({ files }) }, { vms: { db: vm(4, 1024) } });
    expect(Object.values(placements["db"]?.settings.vcpuPins ?? {}).sort()).toEqual(["10", "11", "2", "3"]);
    expect(hosts["kvm-01"]?.isolatedCpus).toBe("2-3,10-11");
  });

  test("a slice that bounds all domains bounds the plan", async () => {
    const files = {
      "/sys/fs/cgroup/machine.slice/cpuset.cpus": "4-7,12-15",
      "/sys/fs/cgroup/machine.slice/cpuset.cpus.effective": "4-7,12-15",
      "/sys/fs/cgroup/machine.slice/cpuset.cpus.partition": "root",
    };
    const { placements } = await checked({ "kvm-01": hostOf({ files }) }, { vms: { db: vm(2, 1024) } });
    expect(placements["db"]?.cells[0]?.cpuNode).toBe(1);
    expect(placements["db"]?.settings.emulatorPin).toBe("4,12");
  });
});

describe("several hosts", () => {
  const two = (domains?: HostSnapshot["libvirt"]): Record<string, HostSnapshot> => ({
    "kvm-01": hostOf(),
    "kvm-02": domains === undefined ? hostOf() : { ...hostOf(), libvirt: domains },
  });
  const domainsOn = (...domains: ReturnType<typeof domainOf>[]): HostSnapshot["libvirt"] => ({
    domains,
    records: new Map(),
    capabilities: new Map(),
  });

  test("anti-affinity, a fixed host, and the smallest number of hosts for the rest", async () => {
    const { placements } = await checked(two(), {
      vms: {
        etcd0: vm(1, 512, { antiAffinity: "etcd" }),
        etcd1: vm(1, 512, { antiAffinity: "etcd" }),
        db: vm(2, 512, { host: "kvm-02" }),
      },
    });
    expect(new Set([placements["etcd0"]?.host, placements["etcd1"]?.host]).size).toBe(2);
    expect(placements["db"]?.host).toBe("kvm-02");
  });

  test("a VM whose domain is there stays on its host, unless the program names another", async () => {
    const snapshots = two(domainsOn(domainOf("db", { memoryMiB: 512 })));
    const stays = await checked(snapshots, { vms: { db: vm(2, 512) } });
    expect(stays.placements["db"]?.host).toBe("kvm-02");
    expect(stays.warnings).toEqual([]);
    const moved = await checked(snapshots, { vms: { db: vm(2, 512, { host: "kvm-01" }) } });
    expect(moved.placements["db"]?.host).toBe("kvm-01");
    expect(moved.warnings).toEqual([
      'kvm-02: domain "db" runs here, and the plan puts it on kvm-01: the plan moves nothing, migrate it or undefine what is left here',
    ]);
  });

  test("the order of hosts and VMs in the program says nothing", async () => {
    const vms = { a: vm(2, 2048), b: vm(4, 4096, { threadPolicy: "require" }), c: vm(1, 512, { cpuPolicy: "shared" }) };
    const one = await checked(two(), { vms });
    const reversed = Object.fromEntries(Object.entries(two()).reverse());
    const other = await checked(reversed, { vms: Object.fromEntries(Object.entries(vms).reverse()) });
    expect(JSON.stringify(other.inputs["__placements"])).toBe(JSON.stringify(one.inputs["__placements"]));
    expect(other.inputs["map"]).toBe(one.inputs["map"]);
  });
});

describe("from run to run", () => {
  const snapshots = { "kvm-01": hostOf({ cores: 8 }) };
  const vms = { db: vm(2, 2048), web: vm(2, 1024, { emulatorThreads: "isolate" }) };

  test("a second run has the same bytes", async () => {
    const first = await checked(snapshots, { vms });
    expect(Object.keys(first.plan)).toEqual(["db", "web"]);
    const second = await checked(snapshots, { vms }, { olds: first.inputs });
    expect(JSON.stringify({ ...second.inputs, plan: 0 })).toBe(JSON.stringify({ ...first.inputs, plan: 0 }));
    expect(second.plan).toEqual({});
  });

  test("one more VM is one more line; one that leaves is a line too", async () => {
    const first = await checked(snapshots, { vms });
    const more = await checked(snapshots, { vms: { ...vms, cache: vm(1, 512) } }, { olds: first.inputs });
    expect(Object.keys(more.plan)).toEqual(["cache"]);
    const less = await checked(snapshots, { vms: { db: vms.db } }, { olds: more.inputs });
    expect(less.plan).toEqual({
      cache: expect.stringMatching(/^kvm-01 node \d, .* → \(absent\) {2}\[none\]$/) as string,
      web: expect.stringMatching(/→ \(absent\) {2}\[none\]$/) as string,
    });
  });

  test("a CPU that has gone offline, or that another domain has taken, moves who was there, and no one else", async () => {
    const first = await checked(snapshots, { vms });
    const [cpu = ""] = Object.values(first.placements["db"]?.settings.vcpuPins ?? {});
    const taken = {
      "kvm-01": hostOf({ cores: 8, domains: [domainOf("other", { vcpus: 1, more: pins(Number(cpu)) })] }),
    };
    const second = await checked(taken, { vms }, { olds: first.inputs });
    expect(Object.keys(second.plan)).toEqual(["db"]);
    expect(Object.values(second.placements["db"]?.settings.vcpuPins ?? {})).not.toContain(cpu);
    expect(second.placements["web"]).toEqual(first.placements["web"]);
  });
});

test("a host that leaves the plan gives its VMs to the others, and a smaller VM keeps what it can", async () => {
  const both = { "kvm-01": hostOf(), "kvm-02": hostOf() };
  const first = await checked(both, { vms: { db: vm(4, 2048, { host: "kvm-02" }), web: vm(2, 1024) } });
  const left = await checked(
    { "kvm-01": both["kvm-01"] },
    { vms: { db: vm(3, 2048), web: vm(2, 1024) } },
    { olds: first.inputs },
  );
  expect(left.problems).toEqual([]);
  expect(new Set(Object.values(left.placements).map(({ host }) => host))).toEqual(new Set(["kvm-01"]));
  const smaller = await checked(
    both,
    { vms: { db: vm(2, 2048, { host: "kvm-02" }), web: vm(2, 1024) } },
    { olds: first.inputs },
  );
  const before = Object.values(first.placements["db"]?.settings.vcpuPins ?? {});
  for (const cpu of Object.values(smaller.placements["db"]?.settings.vcpuPins ?? {})) expect(before).toContain(cpu);
});

test("a plan that is refused says what is short, where and by how much, at the VM", async () => {
  const { problems, inputs } = await checked({ "kvm-01": hostOf() }, { vms: { db: vm(20, 1024) } });
  expect(problems).toEqual([
    "vms.db: db on kvm-01: wants 20 CPUs, at most 12 can be had: 8 short. Give it fewer dedicated vCPUs, or reserve fewer CPUs",
  ]);
  expect(inputs["plan"]).toBeUndefined();
});

test("what is known only in the update leaves the whole plan for then; what is wrong by itself is said now", async () => {
  const resource = createPlacementPlan(hostsWith({}));
  const run = { urn: urnOf("plan"), warn: async () => undefined, progress: () => undefined };
  const news = { hosts: { "kvm-01": { connection: {} } }, vms: { db: { vcpus: 0, memoryMiB: 512 } } };
  const { computed, problems } = await resource.check(
    { olds: undefined, news, unknowns: ["hosts.kvm-01.connection.host"] },
    run,
  );
  expect(computed).toEqual({
    plan: { "hosts.kvm-01.connection.host": "known only during the update, and with it the whole plan" },
  });
  expect(problems.map(({ path }) => path)).toEqual(["vms.db.vcpus"]);
});
