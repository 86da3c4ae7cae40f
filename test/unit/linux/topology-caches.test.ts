import { readTopology } from "../../../provider/linux/topology";
import { cpuFolder, sysfs, tree } from "./sysfs-tree";

const shape = sysfs({ online: "0-3", cores: ["0-1", "2-3"], sockets: ["0-3"], l2: ["0-1", "2-3"], l3: ["0-3"] });

function cache(cpu: number, index: number, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      `${cpuFolder}/cpu${String(cpu)}/cache/index${String(index)}/${name}`,
      text,
    ]),
  );
}

const read = (changes: Readonly<Record<string, string>>) => readTopology(tree(shape, changes));
const shown = (changes: Readonly<Record<string, string>>) =>
  read(changes).caches.map(({ level, type, sizeKiB, cpus }) => [level, type, sizeKiB, String(cpus)]);

test("every level and type, with sizes, by level, type and CPU", () => {
  const first = [0, 1, 2, 3].flatMap((cpu) => {
    const list = cpu < 2 ? "0-1" : "2-3";
    return [
      cache(cpu, 0, { level: "1", type: "Data", size: "48K", shared_cpu_list: list }),
      cache(cpu, 1, { level: "1", type: "Instruction", size: "32K", shared_cpu_list: list }),
      cache(cpu, 3, { size: "36864K" }),
      cache(cpu, 4, { level: "4", type: "Unified", size: "131072K", shared_cpu_list: "0-3" }),
    ];
  });
  expect(shown(Object.assign({}, ...first) as Record<string, string>)).toEqual([
    [1, "data", 48, "0-1"],
    [1, "data", 48, "2-3"],
    [1, "instruction", 32, "0-1"],
    [1, "instruction", 32, "2-3"],
    [2, "unified", null, "0-1"],
    [2, "unified", null, "2-3"],
    [3, "unified", 36864, "0-3"],
    [4, "unified", 131072, "0-3"],
  ]);
});

test("an instruction cache of the second level (Itanium) groups nobody", () => {
  const topology = read(
    Object.assign(
      {},
      ...[0, 1, 2, 3].map((cpu) =>
        cache(cpu, 5, { level: "2", type: "Instruction", size: "1024K", shared_cpu_list: String(cpu) }),
      ),
    ) as Record<string, string>,
  );
  expect(topology.l2Groups.map(String)).toEqual(["0-1", "2-3"]);
  expect(topology.caches.filter(({ level }) => level === 2)).toHaveLength(6);
});

test("sizes that are no sizes, or 0K as some firmware says, are unknown", () => {
  for (const size of ["0K", "", "big", "1M"])
    expect(shown(cache(0, 2, { size }))[0]).toEqual([2, "unified", null, "0-1"]);
});

test("a first level that contradicts itself is a doubt; the second is an error", () => {
  const contradiction = (level: string, index: number) => ({
    ...cache(0, index, { level, type: "Data", shared_cpu_list: "0-1" }),
    ...cache(1, index, { level, type: "Data", shared_cpu_list: "1-2" }),
  });
  expect(read(contradiction("1", 0)).doubts).toEqual(["one L1 cache is CPUs 0-1 to CPU 0, but CPUs 1-2 to CPU 1"]);
  expect(() => read(contradiction("2", 2))).toThrow("one L2 cache is CPUs 0-1 to CPU 0");
});
