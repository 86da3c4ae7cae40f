import { kernelEffect, type BootMachine } from "../../../provider/linux/kernel-effect";

/** Eight CPUs, two nodes; two aligned pages of 1 GiB are free, both on node 1. The values were seen on Linux 6.1.192. */
const machine: BootMachine = {
  cpuCount: 8,
  nodes: [0, 1],
  pageSizesKiB: [2048, 1048576],
  giganticRoom: new Map([
    [0, 0],
    [1, 2],
  ]),
};

describe("isolation", () => {
  test.each([
    ["isolcpus=0-7", "1-7", "", ""],
    ["isolcpus=0-3", "0-3", "", ""],
    ["isolcpus=1-7 maxcpus=1", "1-7", "", ""],
    ["maxcpus=2 isolcpus=0-1", "1", "", ""],
    ["nosmp isolcpus=2-3", "", "", ""],
    ["nohz_full=all", "", "1-7", "1-7"],
    ["nohz_full=0-5 isolcpus=2-3", "2-3", "1-5", "1-5"],
    ["isolcpus=nohz,domain,2-3", "2-3", "2-3", "2-3"],
    ["isolcpus=nohz,2-3 nohz_full=4-5", "", "2-3", "2-3"],
    ["isolcpus=managed_irq,2-3", "", "", ""],
    ["isolcpus=foo,2-3", "2-3", "", ""],
    ["isolcpus=f1o,2-3", "", "", ""],
    ["isolcpus=domain", "", "", ""],
    ["isolcpus=all", "", "", ""],
    ["isolcpus=", "", "", ""],
    ["isolcpus", "", "", ""],
    ["isolcpus=2-3 isolcpus=4-5", "2-3", "", ""],
    ["isolcpus=2-3 isolcpus=2-3", "2-3", "", ""],
    ["isolcpus=managed_irq,2-3 isolcpus=domain,4-5", "4-5", "", ""],
    ["isolcpus=2-99 isolcpus=4", "4", "", ""],
    ["nohz-full=2-3", "", "2-3", "2-3"],
    ["isolcpus=0-7:1/2", "0,2,4,6", "", ""],
    ["isolcpus=1-N:2/4 nr_cpus=4", "1-2", "", ""],
    ["nr_cpus=0x4 isolcpus=1-N", "1-3", "", ""],
    ["isolcpus=2-3 possible_cpus=4 nohz_full=1-N", "2-3", "1-3", "1-3"],
    ['isolcpus="2-3 5"', "2-3,5", "", ""],
    ["isolcpus=2-3 -- nohz_full=4", "2-3", "", ""],
    ["rcu_nocbs=2-3", "", "", "2-3"],
    ["rcu_nocbs=99", "", "", "0-7"],
  ])("%s", (line, ...want) => {
    const effect = kernelEffect(line, machine);
    expect([effect.isolated, effect.nohzFull, effect.rcuOffloaded].map(String)).toEqual(want);
  });

  test("managed interrupts and the default affinity of interrupts", () => {
    const effect = kernelEffect("isolcpus=managed_irq,domain,2-3 irqaffinity=4-5", machine);
    expect(effect.managedIrq.toString()).toBe("2-3");
    expect(effect.irqAffinity?.toString()).toBe("0,4-5");
    expect(kernelEffect("quiet", machine).irqAffinity).toBeUndefined();
  });

  test("says why an argument is not taken", () => {
    const { ignored } = kernelEffect("isolcpus=2-99 isolcpus=nohz,2 nohz_full=3 isolcpus=domain", machine);
    expect(ignored.map((one) => one.argument)).toEqual(["isolcpus=2-99", "nohz_full=3", "isolcpus=domain"]);
    expect(ignored[0]?.reason).toContain("the highest CPU number here is 7");
    expect(ignored[1]?.reason).toBe("an earlier argument has set nohz to 2, and the two must match");
    expect(ignored[2]?.reason).toBe('no CPU list follows "domain"');
  });
});

describe("huge pages", () => {
  /** 2M of node 0, of node 1, 1G of node 0, of node 1. */
  test.each<[string, number[]]>([
    ["hugepages=7", [4, 3, 0, 0]],
    ["hugepages=7 hugepages=9", [4, 3, 0, 0]],
    ["hugepagesz=2M hugepages=0:3,1:4", [3, 4, 0, 0]],
    ["hugepages=0:3,1:4", [3, 4, 0, 0]],
    ["hugepagesz=2M hugepages=0:3,5:2", [0, 0, 0, 0]],
    ["hugepagesz=2M hugepages=0:3,5:2 hugepages=9", [5, 4, 0, 0]],
    ["hugepagesz=2M hugepages=10,1:5", [5, 5, 0, 0]],
    ["hugepagesz=2M hugepages=0:3,9", [0, 0, 0, 0]],
    ["hugepagesz=2M hugepages=0:3,0:4", [4, 0, 0, 0]],
    ["hugepagesz=3M hugepages=10 hugepages=11", [6, 5, 0, 0]],
    ["hugepagesz=4M hugepages=10 hugepagesz=2M hugepages=3", [2, 1, 0, 0]],
    ["hugepages=5 hugepagesz=2M hugepages=9", [3, 2, 0, 0]],
    ["hugepages=5 default_hugepagesz=1G hugepages=1", [0, 0, 0, 2]],
    ["default_hugepagesz=1G hugepages=1 hugepagesz=1G hugepages=2", [0, 0, 0, 1]],
    ["default_hugepagesz=1G hugepagesz=1G hugepages=1", [0, 0, 0, 1]],
    ["default_hugepagesz=2M default_hugepagesz=1G hugepages=4", [0, 0, 0, 0]],
    ["hugepagesz=1G hugepages=3", [0, 0, 0, 2]],
    ["hugepagesz=1G hugepages=0:1,1:1", [0, 0, 0, 2]],
    ["hugepagesz=1G hugepages=1 hugepagesz=2M hugepagesz=1G hugepages=2", [0, 0, 0, 1]],
    ["hugepagesz=2048K hugepages=5", [3, 2, 0, 0]],
    ["hugepagesz=2m hugepages=0x10", [0, 0, 0, 0]],
    ["hugepagesz=2M hugepages=20junk", [10, 10, 0, 0]],
    ["hugepages=3 hugepagesz=1G hugepages=1 hugepages=4", [2, 1, 0, 1]],
    ["numa=off hugepages=5", [5, 0, 0, 0]],
    ["hugepagesz=2M hugepages=5 -- hugepagesz=1G hugepages=1", [3, 2, 0, 0]],
  ])("%s", (line, want) => {
    const { hugepages } = kernelEffect(line, machine);
    const got = [2048, 1048576].flatMap((size) => [0, 1].map((node) => hugepages.get(size)?.get(node) ?? 0));
    expect(got).toEqual(want);
  });

  test("without knowing the room each node gets what was asked", () => {
    const { hugepages } = kernelEffect("hugepagesz=1G hugepages=0:16,1:8", {
      cpuCount: 4,
      nodes: [0, 1],
      pageSizesKiB: [2048, 1048576],
    });
    expect([...(hugepages.get(1048576) ?? [])]).toEqual([
      [0, 16],
      [1, 8],
    ]);
  });
});
