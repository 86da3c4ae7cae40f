import { nodeOf, problemsOf, shutOff, warningsOf } from "../support";

const cell = { "numa.cells.0.vcpus": "0-3", "numa.cells.0.memory": "1048576 KiB" };

test("nodes that the host lacks are refused, of cells too", () => {
  expect(problemsOf({ "numa.mode": "interleave", "numa.nodeset": "0-3" })).toEqual([
    "numa.nodeset: NUMA nodes 2-3 are not on this host: it has nodes 0-1",
  ]);
  expect(problemsOf({ ...cell, "numa.cells.0.nodeset": "4" }, { domain: undefined })).toEqual([
    "numa.cells.0.nodeset: NUMA node 4 is not on this host: it has nodes 0-1",
  ]);
});

test("a node without memory is refused", () => {
  const nodes = [nodeOf(0, "0-3"), nodeOf(1, "4-6", { memoryKiB: 0 }), nodeOf(2, "", { memoryKiB: null })];
  expect(problemsOf({ "numa.mode": "strict", "numa.nodeset": "0-2" }, { host: { nodes } })).toEqual([
    "numa.nodeset: NUMA node 1 has no memory: choose of nodes 0,2",
  ]);
});

test("a mode without any nodeset is refused", () => {
  const reason = 'numa.nodeset: is needed: domain "db" has none, and libvirt takes no mode without it';
  expect(problemsOf({ "numa.mode": "strict" })).toEqual([reason]);
  expect(
    problemsOf({ "numa.nodeset": null }, { domain: shutOff({ "numa.mode": "strict", "numa.nodeset": "0" }) }),
  ).toEqual([reason]);
  const automatic = shutOff({ "numa.mode": "strict", "numa.placement": "auto" });
  expect(problemsOf({ "numa.mode": "preferred" }, { domain: automatic })).toEqual([]);
  expect(problemsOf({ emulatorPin: "0" }, { domain: shutOff({ "numa.mode": "strict" }) })).toEqual([]);
});

test("restrictive goes with restrictive, both ways", () => {
  const cells = { ...cell, "numa.nodeset": "0", "numa.cells.0.nodeset": "0" };
  expect(problemsOf({ ...cells, "numa.mode": "restrictive" })).toEqual([
    "numa.cells.0.mode: is strict, and the domain's own numa.mode is restrictive: libvirt takes restrictive for both or " +
      "for neither. Set restrictive here, or another mode in both places",
  ]);
  expect(problemsOf({ ...cells, "numa.mode": "strict", "numa.cells.0.mode": "restrictive" })).toEqual([
    "numa.cells.0.mode: is restrictive, and the domain's own numa.mode is strict: libvirt takes restrictive for both or " +
      'for neither. Set numa.mode: "restrictive", or another mode in both places',
  ]);
  expect(problemsOf({ ...cells, "numa.mode": "restrictive", "numa.cells.0.mode": "restrictive" })).toEqual([]);
});

test("mode preferred with several nodes is warned of", () => {
  expect(warningsOf({ "numa.mode": "preferred", "numa.nodeset": "0-1" })).toEqual([
    "numa.nodeset: mode preferred with more than one node (0-1) is refused by older libvirt when the domain starts",
  ]);
  expect(warningsOf({ "numa.mode": "preferred", "numa.nodeset": "1" })).toEqual([]);
});

test("automatic placement needs numad, and is never stable", () => {
  const wanted = { "numa.mode": "strict", "numa.placement": "auto" };
  expect(problemsOf(wanted)).toEqual([
    'numa.placement: "auto" asks numad for nodes when the domain starts, and this host has no numad: the start would fail ' +
      '("Failed to query numad for the advisory nodeset"). Install numad, or name the nodes (numa.nodeset)',
  ]);
  expect(problemsOf(wanted, { host: { numad: true } })).toEqual([]);
  expect(warningsOf(wanted, { host: { numad: true } })).toEqual([
    'numa.placement: "auto" is not stable: numad chooses the nodes anew at each start, by what is free at that moment, and ' +
      "knows nothing of domains that are pinned but shut off. Name the nodes (numa.nodeset), or let a placement plan choose them once",
  ]);
});
