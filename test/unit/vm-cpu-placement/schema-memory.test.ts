import { parseArgs } from "../../../provider/vm-cpu-placement/schema";

const problems = (props: Record<string, unknown>) => {
  const parsed = parseArgs({ connection: { host: "10.0.0.11" }, domain: "db", ...props });
  return "problems" in parsed ? parsed.problems.map(({ path, reason }) => `${path}: ${reason}`) : [];
};
const cell = (id: number, more: Record<string, unknown> = {}) => ({ id, memoryMiB: 512, ...more });
const cache = { level: 1, associativity: "direct", policy: "writeback", sizeKiB: 1024, lineBytes: 64 };

test.each([
  ["automatic placement", { numa: { placement: "auto", mode: "preferred" } }],
  ["automatic placement with cells", { numa: { placement: "auto", cells: [cell(0, { vcpus: "0-3" })] } }],
  [
    "cells in any order",
    {
      numa: {
        cells: [
          cell(1, { vcpus: "2-3", mode: "strict", nodeset: "1", distances: { 0: 21, 1: 10 } }),
          cell(0, { vcpus: "0-1", memAccess: "shared", caches: [cache, { ...cache, level: 2 }] }),
        ],
      },
    },
  ],
  ["a cell without vCPUs", { numa: { cells: [cell(0, { vcpus: "0-3" }), cell(1)] } }],
  ["pages of the default size", { memoryBacking: { hugepages: true } }],
  ["pages for each cell", { memoryBacking: { hugepages: [{ size: "1G", cells: "0" }, { size: "2M" }] } }],
  [
    "every backing",
    {
      memoryBacking: {
        locked: true,
        hardLimitMiB: 4096,
        nosharepages: true,
        source: "memfd",
        access: "shared",
        allocation: "immediate",
      },
    },
  ],
  ["a mode of the CPU", { cpu: { mode: "host-passthrough", migratable: false, cache: "passthrough" } }],
  ["a model", { cpu: { mode: "custom", match: "exact", model: "EPYC-Rome", fallback: "forbid", check: "full" } }],
  ["a model without a mode", { cpu: { model: "core2duo", match: "minimum" } }],
  ["features", { cpu: { features: { ssse3: "require", "vmx-exit-load-perf-global-ctrl": "disable" } } }],
  ["a topology", { cpu: { topology: { sockets: 1, dies: 1, clusters: 1, cores: 4, threads: 2 } } }],
])("accepts %s", (_name, props) => {
  expect(problems(props)).toEqual([]);
});

const memory = "must be a whole number from 1 to 4294967296";
const pageSize = 'must be a page size as text: a power of two with K, M or G, for example "2M" or "1G"';

test.each<[string, Record<string, unknown>, ...string[]]>([
  ["an empty numa", { numa: {} }, "numa: holds none of mode, nodeset, placement and cells: give one, or leave it out"],
  ["a word for numa", { numa: "0" }, "numa: must be an object with mode, nodeset, placement or cells"],
  ["a placement that is none", { numa: { placement: "dynamic" } }, "numa.placement: must be static or auto"],
  [
    "a number for nodes",
    { numa: { nodeset: 0 } },
    'numa.nodeset: must be a list of host NUMA nodes as text, for example "0" or "0-1"',
  ],
  ["no cells", { numa: { cells: [] } }, "numa.cells: is empty: give a cell, or leave it out"],
  ["cells by number", { numa: { cells: { 0: cell(0) } } }, "numa.cells: must be a list of cells"],
  [
    "cells with a gap",
    { numa: { cells: [cell(0), cell(2)] } },
    "numa.cells.1.id: must not be above 1: 2 cells are numbered from 0",
  ],
  ["a single cell 1", { numa: { cells: [cell(1)] } }, "numa.cells.0.id: must not be above 0: a single cell is cell 0"],
  ["a cell twice", { numa: { cells: [cell(0), cell(0)] } }, "numa.cells.1.id: names cell 0 a second time"],
  ["a cell below all", { numa: { cells: [cell(-1)] } }, "numa.cells.0.id: must be a whole number from 0 to 1023"],
  ["a cell beyond all", { numa: { cells: [cell(1e9)] } }, "numa.cells.0.id: must be a whole number from 0 to 1023"],
  [
    "a vCPU in two cells",
    { numa: { cells: [cell(1, { vcpus: "0-3" }), cell(0, { vcpus: "2-5" })] } },
    "numa.cells.1.vcpus: holds vCPU 2, which cell 1 holds too",
  ],
  ["a cell without memory", { numa: { cells: [cell(0, { memoryMiB: 0 })] } }, `numa.cells.0.memoryMiB: ${memory}`],
  ["memory as text", { numa: { cells: [cell(0, { memoryMiB: "1G" })] } }, `numa.cells.0.memoryMiB: ${memory}`],
  ["memory beyond all", { numa: { cells: [cell(0, { memoryMiB: 1e15 })] } }, `numa.cells.0.memoryMiB: ${memory}`],
  [
    "a mode of a cell without nodes",
    { numa: { cells: [cell(0, { mode: "strict" })] } },
    "numa.cells.0.nodeset: must be given with mode: libvirt has no mode of a cell without its nodes",
  ],
  [
    "nodes under automatic placement",
    { numa: { placement: "auto", nodeset: "0" } },
    "numa.nodeset: must be left out with placement auto, where numad chooses the nodes",
  ],
  [
    "wrong distances",
    {
      numa: {
        cells: [cell(0, { distances: { 0: 11, 1: 10, 2: 20, x: 20 } }), cell(1, { distances: { 0: 9, 1: 256 } })],
      },
    },
    'numa.cells.0.distances.x: must be the number of a guest NUMA cell, for example "1"',
    "numa.cells.1.distances.0: must be a whole number from 10 to 255",
    "numa.cells.1.distances.1: must be a whole number from 10 to 255",
    "numa.cells.0.distances.0: must be 10: the distance of a cell to itself",
    "numa.cells.0.distances.1: must be above 10, the distance of a cell to itself",
    "numa.cells.0.distances.2: there is no cell 2",
  ],
  [
    "no distance",
    { numa: { cells: [cell(0, { distances: {} })] } },
    "numa.cells.0.distances: is empty: give a distance, or leave it out",
  ],
  [
    "one cache twice",
    { numa: { cells: [cell(0, { caches: [cache, cache] })] } },
    "numa.cells.0.caches.1.level: names level 1 a second time",
  ],
  [
    "a wrong cache",
    {
      numa: {
        cells: [
          cell(0, { caches: [{ level: 4, associativity: "complex", policy: "none", sizeKiB: 0, lineBytes: 1e6 }] }),
        ],
      },
    },
    "numa.cells.0.caches.0.level: must be 1, 2 or 3",
    "numa.cells.0.caches.0.associativity: must be none, direct or full",
    "numa.cells.0.caches.0.sizeKiB: must be a whole number from 1 to 4294967295",
    "numa.cells.0.caches.0.lineBytes: must be a whole number from 1 to 65535",
  ],
  [
    "an empty backing",
    { memoryBacking: {} },
    "memoryBacking: holds none of hugepages, locked, hardLimitMiB, nosharepages, source, access and allocation: give one, or leave it out",
  ],
  [
    "no huge pages",
    { memoryBacking: { hugepages: false } },
    'memoryBacking.hugepages: must be true, or a list of page sizes, for example [{ size: "1G" }]',
  ],
  [
    "no page size",
    { memoryBacking: { hugepages: [] } },
    "memoryBacking.hugepages: is empty: give a page size, or leave it out",
  ],
  [
    "a size of 1000",
    { memoryBacking: { hugepages: [{ size: "1GB" }] } },
    `memoryBacking.hugepages.0.size: ${pageSize}`,
  ],
  [
    "a size without a unit",
    { memoryBacking: { hugepages: [{ size: 1 }] } },
    `memoryBacking.hugepages.0.size: ${pageSize}`,
  ],
  [
    "one cell on two sizes",
    {
      memoryBacking: {
        hugepages: [
          { size: "1G", cells: "0-1" },
          { size: "2M", cells: "1" },
        ],
      },
    },
    "memoryBacking.hugepages.1.cells: holds cell 1, which entry 0 holds too",
  ],
  [
    "two sizes for all cells",
    { memoryBacking: { hugepages: [{ size: "1G" }, { size: "2M" }] } },
    "memoryBacking.hugepages.1.cells: must be given: entry 0 is for all other cells already",
  ],
  ["a limit of nothing", { memoryBacking: { hardLimitMiB: 0 } }, `memoryBacking.hardLimitMiB: ${memory}`],
  [
    "a source that is none",
    { memoryBacking: { source: "hugetlbfs" } },
    "memoryBacking.source: must be anonymous, file or memfd",
  ],
  [
    "huge pages of anonymous memory",
    { memoryBacking: { hugepages: true, source: "anonymous" } },
    "memoryBacking.source: must be file or memfd with hugepages: libvirt takes no anonymous ones",
  ],
  [
    "huge pages on demand",
    { memoryBacking: { hugepages: true, allocation: "ondemand" } },
    "memoryBacking.allocation: must be immediate with hugepages, or left out",
  ],
  [
    "an empty cpu",
    { cpu: {} },
    "cpu: holds none of mode, match, model, fallback, check, migratable, features, topology and cache: give one, or leave it out",
  ],
  ["mode custom without a model", { cpu: { mode: "custom" } }, "cpu.model: must be given with mode custom"],
  [
    "a model with another mode",
    { cpu: { mode: "host-passthrough", model: "EPYC" } },
    "cpu.model: must be left out with mode host-passthrough: only custom names a model",
  ],
  ["match without a model", { cpu: { match: "exact" } }, "cpu.match: goes with mode custom and its model alone"],
  [
    "fallback without a model",
    { cpu: { mode: "host-model", fallback: "forbid" } },
    "cpu.fallback: goes with a model alone",
  ],
  [
    "migratable with another mode",
    { cpu: { mode: "host-model", migratable: true } },
    "cpu.migratable: goes with mode host-passthrough or maximum alone",
  ],
  [
    "the host's cache for another CPU",
    { cpu: { mode: "host-model", cache: "passthrough" } },
    "cpu.cache: passthrough goes with mode host-passthrough or maximum alone",
  ],
  [
    "a pool under automatic placement",
    { vcpuCpuset: "0-3", numa: { placement: "auto" } },
    "vcpuCpuset: must be left out with numa.placement auto, where numad chooses the CPUs",
  ],
  [
    "a model with markup",
    { cpu: { model: "<x/>" } },
    'cpu.model: must be the name of a CPU model, for example "Skylake-Server-IBRS"',
  ],
  [
    "wrong features",
    { cpu: { features: { "a b": "require", pcid: "on" } } },
    'cpu.features.a b: must be the name of a CPU feature, for example "pcid"',
    "cpu.features.pcid: must be force, require, optional, disable or forbid",
  ],
  [
    "a list of features",
    { cpu: { features: ["pcid"] } },
    'cpu.features: must be a map from feature to policy, for example { pcid: "require" }',
  ],
  ["no feature", { cpu: { features: {} } }, "cpu.features: is empty: name a feature, or leave it out"],
  [
    "an empty topology",
    { cpu: { topology: {} } },
    "cpu.topology: holds none of sockets, dies, clusters, cores and threads: give one, or leave it out",
  ],
  ["no core", { cpu: { topology: { cores: 0 } } }, "cpu.topology.cores: must be a whole number from 1 to 16384"],
])("refuses %s", (_name, props, ...expected) => {
  expect(problems(props).toSorted()).toEqual(expected.toSorted());
});
