import { readTopology } from "../../../provider/linux/topology";
import { cpuFolder, sysfs, tree } from "./sysfs-tree";

/** Two cores with two threads, then four with one. */
const hybrid = sysfs({ online: "0-7", cores: ["0-1", "2-3", "4", "5", "6", "7"], sockets: ["0-7"] });

const kinds = (changes: Readonly<Record<string, string>>) =>
  readTopology(tree(hybrid, changes)).coreKinds.map(({ kind, cpus, capacity }) => [kind, String(cpus), capacity]);

const each = (path: (cpu: number) => string, values: readonly string[]) =>
  Object.fromEntries(values.map((value, cpu) => [path(cpu), value]));

const capacity = (values: readonly string[]) => each((cpu) => `${cpuFolder}/cpu${String(cpu)}/cpu_capacity`, values);

function firstLevel(sizes: readonly (readonly [data: string, instruction: string])[]): Record<string, string> {
  return Object.fromEntries(
    sizes.flatMap(([data, instruction], cpu) =>
      [
        ["index0", "Data", data],
        ["index1", "Instruction", instruction],
      ].flatMap(([index = "", type = "", size = ""]) => {
        const folder = `${cpuFolder}/cpu${String(cpu)}/cache/${index}`;
        return [
          [`${folder}/level`, "1"],
          [`${folder}/type`, type],
          [`${folder}/size`, size],
          [`${folder}/shared_cpu_list`, String(cpu)],
        ];
      }),
    ),
  );
}

test("alike, or nothing is known", () => {
  expect(kinds({})).toEqual([["uniform", "0-7", null]]);
  expect(kinds(firstLevel(Array.from({ length: 8 }, () => ["32K", "32K"] as const)))).toEqual([
    ["uniform", "0-7", null],
  ]);
  expect(kinds(capacity(Array.from({ length: 8 }, () => "1024")))).toEqual([["uniform", "0-7", 1024]]);
});

test("Intel hybrids: by the PMU of each kind", () => {
  const two = { "/sys/devices/cpu_core/cpus": "0-3", "/sys/devices/cpu_atom/cpus": "4-7" };
  expect(kinds(two)).toEqual([
    ["performance", "0-3", null],
    ["efficiency", "4-7", null],
  ]);
  expect(kinds({ ...two, "/sys/devices/cpu_atom/cpus": "4-5", "/sys/devices/cpu_lowpower/cpus": "6-7" })).toEqual([
    ["performance", "0-3", null],
    ["efficiency", "4-5", null],
    ["low-power", "6-7", null],
  ]);
});

test("PMUs that do not hold every CPU once say nothing", () => {
  expect(kinds({ "/sys/devices/cpu_core/cpus": "0-3", "/sys/devices/cpu_atom/cpus": "3-7" })).toEqual([
    ["uniform", "0-7", null],
  ]);
  expect(kinds({ "/sys/devices/cpu_core/cpus": "0-3" })).toEqual([["uniform", "0-7", null]]);
});

test("ARM: by capacity, three and more", () => {
  expect(kinds(capacity(["446", "446", "446", "446", "871", "871", "871", "1024"]))).toEqual([
    ["performance", "7", 1024],
    ["intermediate", "4-6", 871],
    ["efficiency", "0-3", 446],
  ]);
});

test("a CPU without a capacity: nothing is said by capacity", () => {
  expect(kinds(capacity(["446", "446", "1024"]))).toEqual([["uniform", "0-7", null]]);
});

test("neither: by the first-level caches, larger data caches first", () => {
  const sizes = Array.from({ length: 8 }, (_, cpu) =>
    cpu < 4 ? (["48K", "32K"] as const) : (["32K", "64K"] as const),
  );
  expect(kinds(firstLevel(sizes))).toEqual([
    ["performance", "0-3", null],
    ["efficiency", "4-7", null],
  ]);
});

test("an odd file is a doubt, not an error", () => {
  const topology = readTopology(tree(hybrid, { ...capacity(Array.from({ length: 8 }, () => "fast")) }));
  expect(topology.coreKinds).toHaveLength(1);
  expect(topology.doubts[0]).toContain('cpu_capacity: "fast" is not a number');
});
