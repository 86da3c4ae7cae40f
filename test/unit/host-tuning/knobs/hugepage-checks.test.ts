import { hugepages } from "../../../../provider/host-tuning/knobs/hugepages";
import { snapshotOf, untunedFiles } from "../../../support/snapshot";

const pool = (node: number, pageKiB = 2048) =>
  `/sys/devices/system/node/node${node}/hugepages/hugepages-${pageKiB}kB/nr_hugepages`;
const rows = (desired: unknown, files: Record<string, string>) =>
  hugepages.settings(hugepages.schema.parse(desired), snapshotOf({ files }));

test.each([
  ["all but 1 GiB", [{ size: "2M", nodes: { 0: 1536 } }], {}, undefined],
  [
    "one page more",
    [{ size: "2M", nodes: { 0: 1537 } }],
    {},
    "1537 pages of 2M are 3074 MiB; with 1024 MiB in reserve that is more than the 4096 MiB of node 0: ask for at most 1536, or set reserveMiB",
  ],
  ["a smaller reserve", [{ size: "2M", nodes: { 0: 1984 }, reserveMiB: 128 }], {}, undefined],
  [
    "a larger reserve",
    [{ size: "2M", nodes: { 0: 1536 }, reserveMiB: 2048 }],
    {},
    "1536 pages of 2M are 3072 MiB; with 2048 MiB in reserve that is more than the 4096 MiB of node 0: ask for at most 1024, or set reserveMiB",
  ],
  [
    "pages of another size, of the same program",
    [
      { size: "2M", nodes: { 0: 1025 } },
      { size: "1G", nodes: { 0: 1 } },
    ],
    {},
    "1025 pages of 2M are 2050 MiB; with 1024 MiB of other huge pages and 1024 MiB in reserve that is more than the 4096 MiB of node 0: ask for at most 1024, or set reserveMiB",
  ],
  [
    "pages of another size, which somebody else has reserved",
    [{ size: "2M", nodes: { 0: 1025 } }],
    { [pool(0, 1048576)]: "1" },
    "1025 pages of 2M are 2050 MiB; with 1024 MiB of other huge pages and 1024 MiB in reserve that is more than the 4096 MiB of node 0: ask for at most 1024, or set reserveMiB",
  ],
  [
    "pages from the kernel's command line",
    [{ size: "1G", nodes: { 0: 4 } }],
    {},
    "4 pages of 1G are 4096 MiB; with 1024 MiB in reserve that is more than the 4096 MiB of node 0: ask for at most 3, or set reserveMiB",
  ],
  [
    "5 % of a big node",
    [{ size: "1G", nodes: { 0: 61 } }],
    { "/sys/devices/system/node/node0/meminfo": "Node 0 MemTotal: 67108864 kB" },
    "61 pages of 1G are 62464 MiB; with 3276 MiB in reserve that is more than the 65536 MiB of node 0: ask for at most 60, or set reserveMiB",
  ],
])("leaves memory on a node of 4 GiB: %s", (...[, desired, files, problem]) => {
  expect(rows(desired, { ...untunedFiles(), "/proc/version": "Linux version 6.1.0", ...files })[0]?.problem).toBe(
    problem,
  );
});

const nodeMemory = (total: string, free: string) => `Node 0 MemTotal: ${total} kB\nNode 0 MemFree: ${free} kB`;
const inUse = (node: number, free: number, nr: number) => ({
  [pool(node)]: String(nr),
  [pool(node).replace("nr_", "free_")]: String(free),
});

test.each([
  ["more than is in use", 40, {}, undefined],
  [
    "less than is in use",
    39,
    {},
    "40 of the 100 pages of 2M on node 0 are in use, and 39 are wanted: stop the domains that have them, or ask for at least 40",
  ],
  [
    "less than is promised",
    45,
    { "/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages": "10" },
    "10 pages of 2M are promised to domains that have not touched them yet (HugePages_Rsvd), so that 50 are needed on all nodes, and 45 would be left: stop the domains that have them, or ask for at least 50",
  ],
])("takes no pages in use: %s", (...[, wanted, more, problem]) => {
  const files = { ...untunedFiles(), ...inUse(0, 60, 100), ...more };
  expect(rows([{ size: "2M", nodes: { 0: wanted } }], files)[0]?.problem).toBe(problem);
});

test("pages that are free on another node keep a promise", () => {
  const files = {
    ...untunedFiles(),
    ...inUse(0, 60, 100),
    ...inUse(1, 50, 50),
    "/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages": "10",
  };
  expect(rows([{ size: "2M", nodes: { 0: 45 } }], files)[0]?.problem).toBeUndefined();
});

test.each([
  [{ total: 5 }, ["3", "2"]],
  [{ total: 4 }, ["2", "2"]],
  [{ total: 0 }, ["0", "0"]],
])("divides %j over the nodes with memory", (given, counts) => {
  const found = rows([{ size: "2M", ...given }], untunedFiles());
  expect(found.map(({ name, desired }) => [name, desired])).toEqual([
    ["hugepages.2M.node0", counts[0]],
    ["hugepages.2M.node1", counts[1]],
  ]);
});

test("a total of 1G is written per node on the kernel's command line", () => {
  const files = { ...untunedFiles(), "/proc/version": "Linux version 6.1.0" };
  expect(rows([{ size: "1G", total: 3 }], files)[0]?.kernel?.arguments).toEqual([
    { key: "hugepagesz", value: "1G" },
    { key: "hugepages", value: "0:2,1:1" },
  ]);
});

test("a total passes over a node without memory, and is refused without NUMA nodes", () => {
  const files = { ...untunedFiles(), "/sys/devices/system/node/node0/meminfo": nodeMemory("0", "0") };
  expect(rows([{ size: "2M", total: 4 }], files)).toMatchObject([{ name: "hugepages.2M.node1", desired: "4" }]);
  expect(rows([{ size: "2M", total: 4 }], {})[0]?.problem).toBe("this host has no NUMA node 0");
});

test("observes a total as the sum", () => {
  const desired = hugepages.schema.parse([{ size: "2M", total: 7, reserveMiB: 64 }]);
  const files = { ...untunedFiles(), [pool(0)]: "6", [pool(1)]: "3" };
  expect(hugepages.observe(desired, snapshotOf({ files }))).toEqual([{ size: "2M", total: 9, reserveMiB: 64 }]);
  expect(hugepages.observe(desired, snapshotOf({ files: {} }))).toEqual(desired);
});

test.each([
  [{ size: "2M" }, "give one of nodes and total"],
  [{ size: "2M", nodes: { 0: 1 }, total: 1 }, "give one of nodes and total"],
])("the schema refuses %j", (given, message) => {
  const result = hugepages.schema.safeParse([given]);
  expect(result.error?.issues.map((issue) => issue.message)).toEqual([message]);
});

const later =
  "Now: stop what uses memory there, or ask for fewer. At boot: kvm-tuning.service reserves them before the domains start, while memory is in one piece, so a reboot may give them.";
test.each([
  [
    "fragmented",
    { "/sys/devices/system/node/node0/meminfo": nodeMemory("4194304", "1048576") },
    `Node 0 has 64 of 100 pages of 2M, 36 too few: 1024 MiB of its memory are free, but not in pieces of 2M: it is fragmented. ${later}`,
  ],
  [
    "in use",
    { "/sys/devices/system/node/node0/meminfo": nodeMemory("4194304", "65536") },
    `Node 0 has 64 of 100 pages of 2M, 36 too few: only 64 MiB of its memory is free. ${later}`,
  ],
])("says why pages are missing: %s", (_name, meminfo, remedy) => {
  const files = { ...untunedFiles(), [pool(0)]: "64", ...meminfo };
  expect(rows([{ size: "2M", nodes: { 0: 100 } }], files)[0]?.remedy).toBe(remedy);
});

test("pages that the boot was asked for and that are missing", () => {
  const files = {
    ...untunedFiles(),
    "/proc/cmdline": "root=/dev/vda1 hugepagesz=1G hugepages=0:2",
    [pool(0, 1048576)]: "1",
  };
  expect(rows([{ size: "1G", nodes: { 0: 2 } }], files)[0]?.remedy).toBe(
    "Node 0 has 1 of 2 pages of 1G, 1 too few: 3906 MiB of its memory are free, but not in pieces of 1G: it is fragmented. The kernel reserved fewer pages than its command line asks for (HugeTLB in dmesg): ask for fewer on node 0. If they were there after the boot, somebody has given them back since: the next boot reserves them again.",
  );
});

test("pages that do not go are in use", () => {
  const files = { ...untunedFiles(), ...inUse(0, 60, 100) };
  expect(rows([{ size: "2M", nodes: { 0: 50 } }], files)[0]?.remedy).toBe(
    "40 pages are in use: stop the domains that have them.",
  );
});
