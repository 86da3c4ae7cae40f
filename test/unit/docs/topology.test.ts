/* The page on getHostTopology: its example is what the code gives of a host, and it names every field. */
import { readFileSync } from "node:fs";
import ts from "typescript";

import { describeTopology } from "../../../provider/host-topology/describe";
import type { HostTopology } from "../../../provider/host-topology/model";
import { snapshotOf } from "../../support/snapshot";
import { cpuFolder, nodeFolder, sysfs } from "../linux/sysfs-tree";

const page = readFileSync("docs/topology.md", "utf8");

/** Two sockets of two cores with two threads each, 64 GiB, and a CXL memory device behind socket 1; CPUs 1-3,5-7 isolated. */
function exampleHost(): HostTopology {
  const gib = 1024 ** 2;
  const shape = sysfs({
    online: "0-7",
    cores: ["0,4", "1,5", "2,6", "3,7"],
    sockets: ["0-1,4-5", "2-3,6-7"],
    dies: ["0-1,4-5", "2-3,6-7"],
    l2: ["0,4", "1,5", "2,6", "3,7"],
    l3: ["0-1,4-5", "2-3,6-7"],
    nodes: {
      0: { cpus: "0-1,4-5", distance: "10 21 28" },
      1: { cpus: "2-3,6-7", distance: "21 10 14" },
      2: { cpus: "", distance: "28 14 10" },
    },
  });
  const sizes = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((cpu) => [
    [`${cpuFolder}/cpu${String(cpu)}/cache/index2/size`, "2048K"],
    [`${cpuFolder}/cpu${String(cpu)}/cache/index3/size`, "32768K"],
    [`${cpuFolder}/cpu${String(cpu)}/topology/physical_package_id`, cpu % 4 < 2 ? "0" : "1"],
  ]);
  const pool = (folder: string, size: number, [total, free]: readonly [number, number]) => [
    [`${folder}/hugepages/hugepages-${String(size)}kB/nr_hugepages`, String(total)],
    [`${folder}/hugepages/hugepages-${String(size)}kB/free_hugepages`, String(free)],
  ];
  const files = Object.fromEntries([
    ...shape,
    ...sizes,
    ...pool(`${nodeFolder}/node0`, gib, [16, 8]),
    ...pool("/sys/kernel/mm", gib, [16, 8]),
    ...[32, 32, 128].map((size, id) => [
      `${nodeFolder}/node${String(id)}/meminfo`,
      `Node ${String(id)} MemTotal: ${String(size * gib)} kB\nNode ${String(id)} MemFree: ${String((size - 8) * gib)} kB`,
    ]),
    [`${cpuFolder}/isolated`, "1-3,5-7"],
    [`${cpuFolder}/nohz_full`, "1-3,5-7"],
    [`${cpuFolder}/smt/control`, "on"],
    ["/proc/meminfo", `MemTotal: ${String(192 * gib)} kB\nMemFree: ${String(168 * gib)} kB\nHugepagesize: 2048 kB`],
    ["/sys/bus/pci/devices/0000:3b:00.0/class", "0x020000"],
    ["/sys/bus/pci/devices/0000:3b:00.0/numa_node", "0"],
    ["/sys/bus/pci/devices/0000:3b:00.0/net/enp59s0f0/ifindex", "2"],
  ]) as Record<string, string>;
  return describeTopology(snapshotOf({ files }));
}

test("the example is what the code gives", () => {
  const shown = /```json\n([\s\S]*?)\n```/.exec(page)?.[1] ?? "null";
  expect(JSON.parse(shown)).toEqual(exampleHost());
});

test("every field of the value is documented where it is declared", () => {
  const source = ts.createSourceFile(
    "model.ts",
    readFileSync("provider/host-topology/model.ts", "utf8"),
    ts.ScriptTarget.ES2022,
    true,
  );
  const fields = source.statements
    .filter(ts.isInterfaceDeclaration)
    .flatMap((type) => type.members.map((member) => ({ type: type.name.text, member })));
  const undocumented = fields
    .filter(({ member }) => ts.getJSDocCommentsAndTags(member).length === 0)
    .map(({ type, member }) => `${type}.${member.name?.getText() ?? ""}`);
  expect(undocumented).toEqual([]);
});
