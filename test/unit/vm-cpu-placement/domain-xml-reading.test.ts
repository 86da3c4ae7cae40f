import { readDomain } from "../../../provider/vm-cpu-placement/domain-xml";

/** A domain of four vCPUs with these lines. */
const domain = (...lines: readonly string[]): string =>
  ["<domain type='kvm'>", "<name>d</name>", "<vcpu>4</vcpu>", ...lines, "</domain>"].join("\n");

/** Its facts, without the number of its vCPUs. */
function facts(...lines: readonly string[]): Record<string, string> {
  const { "vcpus.maximum": maximum, ...rest } = Object.fromEntries(readDomain(domain(...lines)).facts);
  expect(maximum).toBe("4");
  return rest;
}

const cputune = (...lines: readonly string[]) => facts(`<cputune>${lines.join("\n")}</cputune>`);
const backing = (text: string) => facts(`<memoryBacking>${text}</memoryBacking>`);
const cpu = (text: string, type = "kvm") => {
  const xml = domain(text).replace("'kvm'", `'${type}'`);
  const { "vcpus.maximum": _four, ...rest } = Object.fromEntries(readDomain(xml).facts);
  return rest;
};

describe("vCPUs", () => {
  const vcpus = (xml: string) => Object.fromEntries(readDomain(`<domain>${xml}</domain>`).facts);

  test.each([
    ["<vcpu>8</vcpu>", { "vcpus.maximum": "8" }],
    ["<vcpu placement='static'>8</vcpu>", { "vcpus.maximum": "8" }],
    ["<vcpu current='8'> 8\n</vcpu>", { "vcpus.maximum": "8" }],
    ["<vcpu current=' 4 '>8</vcpu>", { "vcpus.maximum": "8", "vcpus.current": "4" }],
    ["<vcpu cpuset='0-3,^2'>8</vcpu>", { "vcpus.maximum": "8", vcpuCpuset: "0-1,3" }],
    ["", { "vcpus.maximum": "1" }],
    [
      "<vcpu>4</vcpu><vcpus><vcpu id='0' enabled='yes'/><vcpu id='1' enabled='no'/><vcpu id='2' enabled='yes'/><vcpu id='3' enabled='no'/></vcpus>",
      { "vcpus.maximum": "4", "vcpus.current": "2" },
    ],
    [
      "<vcpu placement='auto' cpuset='0-3'>4</vcpu>",
      { "vcpus.maximum": "4", "vcpus.placement": "auto", "numa.mode": "strict", "numa.placement": "auto" },
    ],
  ])("%s", (xml, expected) => {
    expect(vcpus(xml)).toEqual(expected);
  });

  test("a list of vCPUs is told", () => {
    expect(readDomain(domain("<vcpus><vcpu id='0' enabled='yes'/></vcpus>")).listsVcpus).toBe(true);
    expect(readDomain(domain()).listsVcpus).toBe(false);
  });
});

describe("tuning of threads", () => {
  test("a scheduler for several threads", () => {
    expect(
      cputune(
        "<vcpusched vcpus='0-3,^2' scheduler='fifo' priority=' 1 '/>",
        "<vcpusched vcpus='2' scheduler='batch' priority='0'/>",
        "<iothreadsched iothreads='10,2' scheduler='rr' priority='5'/>",
        "<emulatorsched scheduler='idle'/>",
      ),
    ).toEqual({
      "iothreadScheduler.2": "rr 5",
      "iothreadScheduler.10": "rr 5",
      "vcpuScheduler.0": "fifo 1",
      "vcpuScheduler.1": "fifo 1",
      "vcpuScheduler.2": "batch",
      "vcpuScheduler.3": "fifo 1",
      emulatorScheduler: "idle",
    });
  });

  test("weights; 0 means not given", () => {
    expect(cputune("<shares> 2048 </shares><period>50000</period><quota>-1</quota>")).toEqual({
      cpuShares: "2048",
      "cpuBandwidth.periodMicroseconds": "50000",
      "cpuBandwidth.quotaMicroseconds": "-1",
    });
    expect(cputune("<shares>0</shares><period>0</period><quota>0</quota>")).toEqual({});
  });

  test("several containers count as one", () => {
    expect(
      facts("<cputune><shares>5</shares></cputune>", "<cputune/>", "<cputune><emulatorpin cpuset='1'/></cputune>"),
    ).toEqual({ cpuShares: "5", emulatorPin: "1" });
  });

  test("caches in several units, beside a monitor; without a type it is for both", () => {
    expect(
      cputune(
        "<cachetune vcpus='1,0'><cache id='0' level='3' type='both' size='3' unit='MiB'/><cache id='1' level='3' size='2048' unit='KiB'/>",
        "<monitor level='3' vcpus='0'/></cachetune>",
        "<cachetune vcpus='3'><cache id='0' level='3' type='code' size='1048576'/></cachetune>",
      ),
    ).toEqual({
      "cacheTune.0-1.L3.0.both": "3072 KiB",
      "cacheTune.0-1.L3.1.both": "2048 KiB",
      "cacheTune.3.L3.0.code": "1024 KiB",
    });
  });

  test("bandwidth; vCPUs that the domain does not have are left out", () => {
    expect(
      cputune(
        "<memorytune vcpus='3-7'><node id='0' bandwidth='60'/><node id='1' bandwidth=' 20 '/></memorytune>",
        "<memorytune vcpus='8'><node id='0' bandwidth='60'/></memorytune>",
      ),
    ).toEqual({ "memoryTune.3.node0": "60", "memoryTune.3.node1": "20" });
  });
});

describe("memory", () => {
  test.each([
    ["<memory>4194304</memory>", "4194304 KiB"],
    ["<memory unit='KiB'> 4194304 </memory>", "4194304 KiB"],
    ["<memory unit='GiB'>4</memory>", "4194304 KiB"],
    ["<memory unit='g'>4</memory>", "4194304 KiB"],
    ["<memory unit='M'>4096</memory>", "4194304 KiB"],
    ["<memory unit='MB'>1</memory>", "977 KiB"],
    ["<memory unit='bytes'>1025</memory>", "2 KiB"],
    ["<memory unit='b'>1024</memory>", "1 KiB"],
    ["<memory unit='TiB'>1</memory>", "1073741824 KiB"],
  ])("%s", (xml, expected) => {
    expect(facts(xml)).toEqual({ memory: expected });
  });

  test.each([
    ["<currentMemory unit='GiB'>2</currentMemory>", { currentMemory: "2097152 KiB" }],
    ["<currentMemory unit='GiB'>4</currentMemory>", {}],
    ["<currentMemory unit='GiB'>5</currentMemory>", {}],
    ["<currentMemory>0</currentMemory>", {}],
  ])("%s of 4 GiB", (xml, expected) => {
    expect(facts("<memory unit='GiB'>4</memory>", xml)).toEqual({ memory: "4194304 KiB", ...expected });
  });

  test("with cells their sum and that of memory modules counts", () => {
    const xml = domain(
      "<memory unit='GiB'>1</memory>",
      "<cpu><numa><cell id='0' cpus='0-3' memory='2' unit='GiB'/></numa></cpu>",
      "<devices><memory model='dimm'><target><size unit='MiB'>512</size><node>0</node></target></memory></devices>",
    );
    expect(readDomain(xml)).toMatchObject({ memoryKiB: 2621440, devicesMemoryKiB: 524288 });
  });

  test("that can be added to is libvirt's to say, and the cell that libvirt adds for it says nothing", () => {
    const cell = "<cpu><numa><cell id='0' cpus='0-3' memory='2097152' unit='KiB'/></numa></cpu>";
    expect(facts("<maxMemory slots='4' unit='GiB'>16</maxMemory>", "<memory unit='GiB'>2</memory>", cell)).toEqual({});
  });

  test("a hard limit, or libvirt's word for none", () => {
    expect(facts("<memtune><hard_limit unit='G'>5</hard_limit><soft_limit>9</soft_limit></memtune>")).toEqual({
      "memoryBacking.hardLimit": "5242880 KiB",
    });
    expect(facts("<memtune><hard_limit>9007199254740991</hard_limit></memtune>")).toEqual({});
    expect(facts("<memtune><hard_limit>0</hard_limit></memtune>")).toEqual({});
  });

  test.each([
    ["<hugepages/>", "default"],
    ["<hugepages> <!-- any --> </hugepages>", "default"],
    ["<hugepages><page size='2048' unit='KiB'/></hugepages>", "2M"],
    ["<hugepages><page size='1' unit='G'/></hugepages>", "1G"],
    // Of a guest without cells libvirt drops the mention of cell 0.
    ["<hugepages><page size='1' unit='G' nodeset='0'/></hugepages>", "1G"],
    [
      "<hugepages><page size='2' unit='M' nodeset='1'/><page size='1048576' unit='KiB' nodeset='2,0'/></hugepages>",
      "1G cells 0,2, 2M cells 1",
    ],
  ])("%s", (xml, expected) => {
    expect(backing(xml)).toEqual({ "memoryBacking.hugepages": expected });
  });

  test("its backing", () => {
    expect(
      backing(
        "<nosharepages/><locked></locked><source type='memfd'/><access mode='shared'/><allocation mode='immediate' threads='8'/>",
      ),
    ).toEqual({
      "memoryBacking.locked": "yes",
      "memoryBacking.nosharepages": "yes",
      "memoryBacking.source": "memfd",
      "memoryBacking.access": "shared",
      "memoryBacking.allocation": "immediate",
    });
    expect(backing("<allocation threads='8'/><source/>")).toEqual({});
  });
});

describe("guest cells", () => {
  test("without ids are numbered by their place, and left-over vCPUs are the first one's", () => {
    expect(
      cpu(
        "<cpu><numa><cell cpus='1' memory='1' unit='GiB'/><cell cpus='2-3' memory='1024' unit='MiB' memAccess='shared'/></numa></cpu>",
      ),
    ).toEqual({
      "numa.cells.0.vcpus": "0-1",
      "numa.cells.0.memory": "1048576 KiB",
      "numa.cells.1.vcpus": "2-3",
      "numa.cells.1.memory": "1048576 KiB",
      "numa.cells.1.memAccess": "shared",
      memory: "2097152 KiB",
    });
  });

  test("in any order, with distances told once, caches and memory of their own", () => {
    expect(
      facts(
        "<numatune><memnode nodeset='1,0' cellid='1' mode='preferred'/><memnode cellid='0' nodeset='0'/></numatune>",
        `<cpu><numa>
          <cell id='1' cpus='2-3' memory='1024'/>
          <cell id='0' cpus='0-1' memory='1024'>
            <distances><sibling id='0' value='10'/><sibling id='1' value='31'/></distances>
            <cache level='3' associativity='direct' policy='writeback'><size value='8' unit='M'/><line value='64' unit='B'/></cache>
            <cache level='1' associativity='none' policy='none'><size value='32'/><line value='1' unit='KiB'/></cache>
          </cell>
        </numa></cpu>`,
      ),
    ).toEqual({
      "numa.cells.0.vcpus": "0-1",
      "numa.cells.0.memory": "1024 KiB",
      "numa.cells.0.distances.1": "31",
      "numa.cells.0.caches.3": "direct writeback 8192 KiB line 64 B",
      "numa.cells.0.caches.1": "none none 32 KiB line 1024 B",
      "numa.cells.1.vcpus": "2-3",
      "numa.cells.1.memory": "1024 KiB",
      "numa.cells.1.distances.0": "31",
      "numa.cells.0.mode": "strict",
      "numa.cells.0.nodeset": "0",
      "numa.cells.1.mode": "preferred",
      "numa.cells.1.nodeset": "0-1",
      memory: "2048 KiB",
    });
  });
});

describe("the CPU", () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ["<cpu/>", {}],
    ["<cpu mode='custom'/>", {}],
    ["<cpu mode='host-passthrough' check='none' migratable='on'/>", { "cpu.mode": "host-passthrough" }],
    [
      "<cpu mode='host-passthrough' check='full' migratable='off'/>",
      { "cpu.mode": "host-passthrough", "cpu.check": "full", "cpu.migratable": "off" },
    ],
    ["<cpu mode='maximum' check='none' migratable='on'/>", { "cpu.mode": "maximum" }],
    ["<cpu mode='host-model' check='partial'/>", { "cpu.mode": "host-model" }],
    ["<cpu mode='host-model'><model fallback='forbid'/></cpu>", { "cpu.mode": "host-model" }],
    ["<cpu><model> EPYC </model></cpu>", { "cpu.mode": "custom", "cpu.model": "EPYC" }],
    [
      "<cpu mode='custom' match='exact' check='partial'><model fallback='allow' vendor_id='Me'>EPYC</model></cpu>",
      { "cpu.mode": "custom", "cpu.model": "EPYC" },
    ],
    [
      "<cpu match='strict' check='full'><model fallback='forbid'>EPYC</model><vendor>AMD</vendor></cpu>",
      {
        "cpu.mode": "custom",
        "cpu.match": "strict",
        "cpu.check": "full",
        "cpu.model": "EPYC",
        "cpu.vendor": "AMD",
        "cpu.fallback": "forbid",
      },
    ],
    // libvirt's own choice for a domain that names none.
    ["<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>", {}],
    [
      "<cpu mode='custom' match='exact' check='none'><model fallback='allow'>qemu64</model></cpu>",
      { "cpu.mode": "custom", "cpu.check": "none", "cpu.model": "qemu64" },
    ],
  ])("%s", (xml, expected) => {
    expect(cpu(xml)).toEqual(expected);
  });

  test("an emulated CPU is not checked, and that goes without saying", () => {
    expect(cpu("<cpu check='none'><model>EPYC</model></cpu>", "qemu")).toEqual({
      "cpu.mode": "custom",
      "cpu.model": "EPYC",
    });
    expect(cpu("<cpu check='partial'><model>EPYC</model></cpu>", "qemu")).toEqual({
      "cpu.mode": "custom",
      "cpu.model": "EPYC",
      "cpu.check": "partial",
    });
  });

  test("features, topology, cache", () => {
    expect(
      cpu(`<cpu><feature name='pcid' policy='disable'/><feature name='x.y'/>
        <topology sockets='1' dies='1' clusters='1' cores=' 2 ' threads='2'/><cache level='3' mode='emulate'/></cpu>`),
    ).toEqual({
      "cpu.features.pcid": "disable",
      "cpu.features.x.y": "require",
      "cpu.topology.sockets": "1",
      "cpu.topology.cores": "2",
      "cpu.topology.threads": "2",
      "cpu.cache": "emulate level 3",
    });
    expect(
      cpu("<cpu><topology sockets='1' dies='2' clusters='2' cores='1' threads='1'/><cache mode='disable'/></cpu>"),
    ).toEqual({
      "cpu.topology.sockets": "1",
      "cpu.topology.dies": "2",
      "cpu.topology.clusters": "2",
      "cpu.topology.cores": "1",
      "cpu.topology.threads": "1",
      "cpu.cache": "disable",
    });
  });
});

test("what a start and a comparison of CPUs need", () => {
  expect(
    readDomain(
      domain(
        "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>",
        "<features><tcg><tb-cache unit='MiB'>128</tb-cache></tcg></features>",
        "<cpu><topology sockets='1' cores='2' threads='2'/></cpu>",
        "<devices><emulator> /usr/bin/qemu </emulator></devices>",
      ),
    ),
  ).toMatchObject({
    type: "kvm",
    arch: "x86_64",
    machine: "pc-q35-7.2",
    emulator: "/usr/bin/qemu",
    tcgCacheKiB: 131072,
    threadsPerCore: 2,
  });
});
