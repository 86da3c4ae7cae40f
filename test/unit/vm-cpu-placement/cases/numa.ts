import { casesOf, type SettingCase } from "./setting-case";

const auto = { "numa.mode": "strict", "numa.placement": "auto", "vcpus.placement": "auto" };
const placed = { "numa.mode": "strict", "numa.nodeset": "0-1" };

const cells = {
  "numa.cells.0.vcpus": "0-1",
  "numa.cells.0.memory": "2097152 KiB",
  "numa.cells.1.vcpus": "2-3",
  "numa.cells.1.memory": "2097152 KiB",
};
const first = { id: 0, vcpus: "0-1", memoryMiB: 2048 };
const second = { id: 1, vcpus: "2-3", memoryMiB: 2048 };

/** Where memory comes from, and the guest's own nodes. */
export const numaCases: readonly SettingCase[] = [
  ...casesOf(
    "numa.mode",
    [
      ["interleave", "strict"],
      ["interleave", "restrictive"],
    ],
    { fields: { numa: { mode: "interleave" } }, beside: { "numa.nodeset": "0-1" } },
  ),
  ...casesOf(
    "numa.nodeset",
    [
      ["1", null],
      ["1", "0"],
    ],
    { fields: { numa: { nodeset: "1" } }, beside: { "numa.mode": "strict" } },
  ),
  ...casesOf("numa.nodeset", [["1", "0"]], {
    fields: { numa: { mode: "restrictive", nodeset: "1" } },
    beside: { "numa.mode": "restrictive" },
    whileRunning: "live",
  }),
  ...casesOf("numa.placement", [["auto", null]], {
    fields: { numa: { mode: "strict", placement: "auto" } },
    beside: { "numa.mode": "strict", "vcpus.placement": "auto" },
  }),
  ...casesOf("numa.placement", [[null, "auto"]], {
    fields: { numa: { mode: "strict", nodeset: "0-1", placement: "static" } },
    beside: placed,
  }),
  ...casesOf("vcpus.placement", [["auto", null]], {
    fields: { numa: { mode: "strict", placement: "auto" } },
    beside: { "numa.mode": "strict", "numa.placement": "auto" },
  }),
  ...casesOf("vcpus.placement", [[null, "auto"]], {
    fields: { numa: { mode: "strict", nodeset: "0-1", placement: "static" } },
    beside: placed,
  }),
  // What numad chooses leaves no place for sets of one's own.
  ...casesOf("numa.nodeset", [[null, "1"]], { fields: { numa: { placement: "auto" } }, beside: auto }),
  ...casesOf("vcpuCpuset", [[null, "0-1"]], { fields: { numa: { placement: "auto" } }, beside: auto }),
  ...casesOf("vcpus.placement", [[null, "auto"]], { fields: { vcpuCpuset: "0-3" }, beside: { vcpuCpuset: "0-3" } }),
  ...casesOf(
    "numa.cells.1.vcpus",
    [
      ["2-3", null],
      ["2-3", "3"],
    ],
    { fields: { numa: { cells: [second, first] } }, beside: cells },
  ),
  ...casesOf(
    "numa.cells.1.memory",
    [
      ["2097152 KiB", null],
      ["2097152 KiB", "1048576 KiB"],
    ],
    { fields: { numa: { cells: [first, second] } }, beside: cells },
  ),
  ...casesOf("memory", [["4194304 KiB", "2097152 KiB"]], {
    fields: { numa: { cells: [first, second] } },
    beside: cells,
  }),
  ...casesOf("currentMemory", [[null, "4194304 KiB"]], {
    fields: { numa: { cells: [first, second] } },
    beside: cells,
    whileRunning: "untold",
  }),
  ...casesOf(
    "numa.cells.0.memAccess",
    [
      ["shared", null],
      ["shared", "private"],
    ],
    {
      fields: { numa: { cells: [{ ...first, memAccess: "shared" }, second] }, memoryBacking: { source: "memfd" } },
      beside: { ...cells, "memoryBacking.source": "memfd" },
    },
  ),
  ...casesOf("numa.cells.1.mode", [["preferred", "strict"]], {
    fields: { numa: { cells: [first, { ...second, mode: "preferred", nodeset: "1" }] } },
    beside: { ...cells, "numa.cells.1.nodeset": "1" },
  }),
  ...casesOf(
    "numa.cells.1.nodeset",
    [
      ["0-1", null],
      ["0-1", "0"],
    ],
    {
      fields: { numa: { cells: [first, { ...second, mode: "strict", nodeset: "1,0" }] } },
      beside: { ...cells, "numa.cells.1.mode": "strict" },
    },
  ),
  ...casesOf(
    "numa.cells.0.distances.1",
    [
      ["31", null],
      ["31", "21"],
    ],
    {
      fields: { numa: { cells: [{ ...first, distances: { 0: 10, 1: 31 } }, second] } },
      beside: { ...cells, "numa.cells.1.distances.0": "31" },
    },
  ),
  ...casesOf(
    "numa.cells.0.caches.3",
    [
      ["direct writeback 32768 KiB line 64 B", null],
      ["direct writeback 32768 KiB line 64 B", "direct writeback 32768 KiB line 128 B"],
    ],
    {
      fields: {
        numa: {
          cells: [
            {
              ...first,
              caches: [{ level: 3, associativity: "direct", policy: "writeback", sizeKiB: 32768, lineBytes: 64 }],
            },
            second,
          ],
        },
      },
      beside: cells,
    },
  ),
  // A list is all cells: what belongs to others goes.
  ...["vcpus", "memory", "memAccess", "mode", "nodeset", "distances.0", "caches.3"].flatMap((field) =>
    casesOf(`numa.cells.1.${field}`, [[null, otherOfField(field)]], {
      fields: { numa: { cells: [{ id: 0, vcpus: "0-3", memoryMiB: 4096 }] } },
      beside: { "numa.cells.0.vcpus": "0-3", "numa.cells.0.memory": "4194304 KiB" },
    }),
  ),
];

function otherOfField(field: string): string {
  const values: Readonly<Record<string, string>> = {
    vcpus: "2-3",
    memory: "1024 KiB",
    memAccess: "shared",
    mode: "strict",
    nodeset: "1",
    "distances.0": "21",
    "caches.3": "direct writeback 1024 KiB line 64 B",
  };
  return values[field] ?? "";
}
