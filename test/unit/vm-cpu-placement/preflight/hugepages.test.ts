import { gib, nodeOf, pool, problemsOf, running, shutOff } from "../support";

const kib = (value: number) => `${value} KiB`;
const nodes = [
  nodeOf(0, "0-3", { hugepages: [pool(2048, 1024, 512), pool(gib, 4, 2)] }),
  nodeOf(1, "4-6", { hugepages: [pool(2048, 1024), pool(gib, 0)] }),
];
const host = { nodes, hugetlbfsKiB: [2048, gib] };
const huge = { "memoryBacking.hugepages": "2M" };
const strict = (nodeset: string) => ({ "numa.mode": "strict", "numa.nodeset": nodeset });
const cells = {
  "numa.cells.0.vcpus": "0-1",
  "numa.cells.0.memory": kib(gib),
  "numa.cells.0.nodeset": "0",
  "numa.cells.1.vcpus": "2-3",
  "numa.cells.1.memory": kib(3 * gib),
  "numa.cells.1.nodeset": "1",
};
const domain = shutOff({ memory: kib(2 * gib) });
const reserve = "reserve more (HostTuning: hugepages:";

test("as many pages as are free are enough", () => {
  expect(problemsOf({ ...huge, ...strict("0") }, { domain: shutOff({ memory: kib(gib) }), host })).toEqual([]);
  expect(problemsOf({ ...huge, ...strict("1") }, { domain, host })).toEqual([]);
});

test("too few are refused, with node, size, wanted, free, total and both remedies", () => {
  expect(problemsOf({ ...huge, ...strict("0") }, { domain, host })).toEqual([
    `memoryBacking.hugepages: 1024 pages of 2M are needed on NUMA node 0, and 512 of 1024 are free: ${reserve} [{ size: "2M", nodes: { 0: 1536 } }]), or place the memory on another node`,
  ]);
});

test("over several nodes, or all, the sum counts", () => {
  const large = shutOff({ memory: kib(4 * gib) });
  expect(problemsOf({ ...huge, ...strict("0-1") }, { domain: large, host })).toEqual([
    "memoryBacking.hugepages: 2048 pages of 2M are needed on NUMA nodes 0-1, and 1536 of 2048 are free: reserve more (HostTuning hugepages of 2M: 2560 in all), or place the memory on another node",
  ]);
  for (const placed of [{}, { "numa.mode": "preferred", "numa.nodeset": "0" }]) {
    expect(problemsOf({ ...huge, ...placed }, { domain: large, host })).toEqual([
      "memoryBacking.hugepages: 2048 pages of 2M are needed on this host, and 1536 of 2048 are free: reserve more (HostTuning hugepages of 2M: 2560 in all), or give the domain less memory",
    ]);
  }
  expect(problemsOf({ ...huge, ...strict("0-1") }, { domain: shutOff({ memory: kib(3 * gib) }), host })).toEqual([]);
});

test("each cell has the pages of its entry, on its node", () => {
  const wanted = { ...cells, "memoryBacking.hugepages": "1G cells 0, 2M cells 1" };
  expect(problemsOf(wanted, { host })).toEqual([
    `memoryBacking.hugepages: 1536 pages of 2M are needed on NUMA node 1, and 1024 of 1024 are free: ${reserve} [{ size: "2M", nodes: { 1: 1536 } }]), or place the memory on another node`,
  ]);
  expect(problemsOf({ ...cells, "memoryBacking.hugepages": "1G cells 0" }, { host })).toEqual([]);
  expect(problemsOf({ ...cells, "memoryBacking.hugepages": "1G" }, { host })).toEqual([
    `memoryBacking.hugepages: 3 pages of 1G are needed on NUMA node 1, and 0 of 0 are free: ${reserve} [{ size: "1G", nodes: { 1: 3 } }]), or place the memory on another node`,
  ]);
  expect(problemsOf({ ...cells, "memoryBacking.hugepages": "1G cells 0,1" }, { host })).toHaveLength(1);
});

test("what the running domain holds itself is free when it starts again", () => {
  const now = { memory: kib(gib), ...huge, ...strict("0") };
  const grown = running(now, { ...now, memory: kib(2 * gib) });
  expect(problemsOf({ ...huge, ...strict("0") }, { domain: grown, host })).toEqual([]);
  const wide = { ...now, "numa.nodeset": "0-1" };
  expect(
    problemsOf({ ...huge, ...strict("0") }, { domain: running(wide, { ...wide, memory: kib(2 * gib) }), host }),
  ).toEqual([]);
  const away = { ...now, "numa.nodeset": "1" };
  expect(
    problemsOf({ ...huge, ...strict("0") }, { domain: running(away, { ...away, memory: kib(2 * gib) }), host }),
  ).toEqual([
    `memoryBacking.hugepages: 1024 pages of 2M are needed on NUMA node 0, and 512 of 1024 are free: ${reserve} [{ size: "2M", nodes: { 0: 1536 } }]), or place the memory on another node`,
  ]);
});

test("a size that the node does not know is refused", () => {
  expect(problemsOf({ "memoryBacking.hugepages": "64K" }, { domain, host: { ...host, hugetlbfsKiB: [64] } })).toEqual([
    "memoryBacking.hugepages: this host has no pages of 64K: choose a size of 2M, 1G",
  ]);
  expect(problemsOf({ ...huge, ...strict("1") }, { domain, host: { nodes: [nodeOf(1, "4-6")] } })).toEqual([
    "memoryBacking.hugepages: NUMA node 1 has no pages of 2M: its kernel has no huge pages",
  ]);
});

test("memory that is no whole number of pages is refused", () => {
  expect(
    problemsOf({ "memoryBacking.hugepages": "1G" }, { domain: shutOff({ memory: kib(1.5 * gib) }), host }),
  ).toEqual(["memoryBacking.hugepages: the memory of 1536 MiB is no whole number of pages of 1G: make it 2 GiB"]);
  expect(problemsOf({ ...cells, "numa.cells.1.memory": kib(gib + 1), ...huge }, { host })).toEqual([
    "numa.cells.1.memory: guest cell 1 of 1024 MiB is no whole number of pages of 2M: make it 1026 MiB",
  ]);
});

test("pages need a mount, or memfd", () => {
  const small = shutOff({ memory: kib(gib) });
  const none = { ...host, hugetlbfsKiB: [] };
  expect(problemsOf({ "memoryBacking.hugepages": "default" }, { domain: small, host: none })).toEqual([
    "memoryBacking.hugepages: no hugetlbfs for pages of 2M is mounted, and QEMU takes its pages from one: mkdir -p /dev/hugepages2M && " +
      "mount -t hugetlbfs -o pagesize=2M hugetlbfs /dev/hugepages2M (and a line in /etc/fstab), then restart libvirt's daemon " +
      '(libvirtd or virtqemud): it looks for mounts when it starts. Or set memoryBacking.source: "memfd"',
  ]);
  expect(problemsOf({ ...huge, "memoryBacking.source": "memfd" }, { domain: small, host: none })).toEqual([]);
});

test("of a domain that is not there the size is not known, and what the program does not name is not ours", () => {
  expect(problemsOf({ ...huge, ...strict("0") }, { domain: undefined, host })).toEqual([]);
  const large = shutOff({ memory: kib(64 * gib), ...huge });
  expect(problemsOf({ emulatorPin: "0" }, { domain: large, host })).toEqual([]);
});

test("a size that is no page size, as a definition may have it, is libvirt's to refuse", () => {
  expect(
    problemsOf({ ...strict("0") }, { domain: shutOff({ memory: kib(gib), "memoryBacking.hugepages": "3M" }), host }),
  ).toEqual([]);
  const unknown = { ...host, defaultPageKiB: undefined };
  expect(problemsOf({ "memoryBacking.hugepages": "default" }, { domain, host: unknown })).toEqual([]);
});
