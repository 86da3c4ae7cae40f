import { PartialFailure } from "../../../provider/resource";
import { definition, fixtureHost, id, uuid, type FixtureHost } from "./fixture-host";
import { args, created, failureOf, lives, restarted, updated } from "./placed";

/* Memory: where it lies, what it is made of, and the guest's own cells. */
let host: FixtureHost;
afterEach(() => host.remove());
// A run is a dozen processes.
jest.setTimeout(60_000);

test("guest cells with nodes, distances, caches and huge pages, given in any order", async () => {
  host = fixtureHost({ running: true, xml: definition("db", { vcpus: 4 }) });
  const node = { mode: "strict", nodeset: "0-1" };
  const cache = { level: 3, associativity: "direct", policy: "writeback", sizeKiB: 8192, lineBytes: 64 };
  const placed = await lives(host, {
    inputs: args({
      numa: {
        ...node,
        cells: [
          { id: 1, vcpus: "2-3", memoryMiB: 1024, nodeset: "1" },
          {
            id: 0,
            vcpus: "0-1",
            memoryMiB: 1024,
            nodeset: "0",
            memAccess: "shared",
            distances: { 1: 21 },
            caches: [cache],
          },
        ],
      },
      memoryBacking: { hugepages: [{ size: "2M", cells: "0-1" }] },
      maxDisruption: "vm-restart",
    }),
    plan: {
      "numa.mode": "(absent) → strict  [vm-restart]",
      "numa.nodeset": "(absent) → 0-1  [vm-restart]",
      "numa.cells.0.vcpus": "(absent) → 0-1  [vm-restart]",
      "numa.cells.0.memory": "(absent) → 1048576 KiB  [vm-restart]",
      "numa.cells.0.memAccess": "(absent) → shared  [vm-restart]",
      "numa.cells.0.mode": "(absent) → strict  [vm-restart]",
      "numa.cells.0.nodeset": "(absent) → 0  [vm-restart]",
      "numa.cells.0.caches.3": "(absent) → direct writeback 8192 KiB line 64 B  [vm-restart]",
      "numa.cells.0.distances.1": "(absent) → 21  [vm-restart]",
      "numa.cells.1.vcpus": "(absent) → 2-3  [vm-restart]",
      "numa.cells.1.memory": "(absent) → 1048576 KiB  [vm-restart]",
      "numa.cells.1.mode": "(absent) → strict  [vm-restart]",
      "numa.cells.1.nodeset": "(absent) → 1  [vm-restart]",
      "numa.cells.1.distances.0": "(absent) → 21  [vm-restart]",
      "memoryBacking.hugepages": "(absent) → 2M cells 0-1  [vm-restart]",
    },
    impact: "vm-restart",
    calls: restarted(uuid),
    drift: (at) => at.edit(["inactive"], "memAccess='shared'", "memAccess='private'"),
    seen: { numa: { ...node, cells: [{ id: 0, memAccess: "private" }, { id: 1 }] } },
    repair: {
      plan: { "numa.cells.0.memAccess (config)": "private → shared  [none]" },
      calls: ["define /dev/stdin"],
    },
    less: {
      inputs: args({ numa: node, maxDisruption: "vm-restart" }),
      plan: {
        "numa.cells.0.vcpus": "0-1 → (absent)  [vm-restart]",
        "numa.cells.0.memory": "1048576 KiB → (absent)  [vm-restart]",
        "numa.cells.0.memAccess": "shared → (absent)  [vm-restart]",
        "numa.cells.0.mode": "strict → (absent)  [vm-restart]",
        "numa.cells.0.nodeset": "0 → (absent)  [vm-restart]",
        "numa.cells.0.caches.3": "direct writeback 8192 KiB line 64 B → (absent)  [vm-restart]",
        "numa.cells.0.distances.1": "21 → (absent)  [vm-restart]",
        "numa.cells.1.vcpus": "2-3 → (absent)  [vm-restart]",
        "numa.cells.1.memory": "1048576 KiB → (absent)  [vm-restart]",
        "numa.cells.1.mode": "strict → (absent)  [vm-restart]",
        "numa.cells.1.nodeset": "1 → (absent)  [vm-restart]",
        "numa.cells.1.distances.0": "21 → (absent)  [vm-restart]",
        "memoryBacking.hugepages": "2M cells 0-1 → (absent)  [vm-restart]",
      },
      calls: restarted(uuid),
    },
    end: restarted(uuid),
  });
  const source = "/proc/PID/numa_maps of the domain's process";
  expect(placed["verification"]).toEqual(
    expect.arrayContaining([
      {
        check: "memory of the guest by node",
        expected: "on 0-1 alone",
        actual: "node 0: 1024 MiB, node 1: 1024 MiB",
        source,
        verdict: "pass",
      },
      {
        check: "memory of the guest in huge pages",
        expected: "2097152 KiB",
        actual: "2097152 KiB",
        source,
        verdict: "pass",
      },
    ]),
  );
});

test("what the memory is made of, with the limit that locked memory needs", async () => {
  host = fixtureHost({ running: true });
  const kept = { memoryBacking: { nosharepages: true }, maxDisruption: "vm-restart" };
  const placed = await lives(host, {
    inputs: args({
      memoryBacking: {
        hugepages: true,
        locked: true,
        nosharepages: true,
        source: "memfd",
        access: "shared",
        allocation: "immediate",
      },
      maxDisruption: "vm-restart",
    }),
    plan: {
      "memoryBacking.hugepages": "(absent) → default  [vm-restart]",
      "memoryBacking.locked": "(absent) → yes  [vm-restart]",
      "memoryBacking.nosharepages": "(absent) → yes  [vm-restart]",
      "memoryBacking.source": "(absent) → memfd  [vm-restart]",
      "memoryBacking.access": "(absent) → shared  [vm-restart]",
      "memoryBacking.allocation": "(absent) → immediate  [vm-restart]",
      // 2 GiB, 2 % of it, 74 threads with 72 MiB each, and 256 MiB.
      "memoryBacking.hardLimit": "(absent) → 7857152 KiB  [live]",
    },
    impact: "vm-restart",
    calls: restarted(uuid),
    drift(at) {
      at.edit(["inactive"], /\s*<locked\/>/, "");
      at.virsh("memtune", uuid, "--hard-limit", "3000000", "--live");
    },
    seen: { memoryBacking: { locked: false, nosharepages: true } },
    repair: {
      plan: {
        "memoryBacking.locked (config)": "(absent) → yes  [none]",
        "memoryBacking.hardLimit": "3000000 KiB → 7857152 KiB  [live]",
      },
      calls: ["define /dev/stdin", `memtune ${uuid} --hard-limit 7857152 --live`],
    },
    less: {
      inputs: args(kept),
      plan: {
        "memoryBacking.hugepages": "default → (absent)  [vm-restart]",
        "memoryBacking.locked": "yes → (absent)  [vm-restart]",
        "memoryBacking.source": "memfd → (absent)  [vm-restart]",
        "memoryBacking.access": "shared → (absent)  [vm-restart]",
        "memoryBacking.allocation": "immediate → (absent)  [vm-restart]",
        "memoryBacking.hardLimit": "7857152 KiB → (absent)  [live]",
      },
      calls: restarted(uuid),
    },
    end: restarted(uuid),
  });
  expect(placed["verification"]).toContainEqual({
    check: "memory of the guest that is locked",
    expected: "2097152 KiB or more",
    actual: "2097152 KiB",
    source: "VmLck in /proc/PID/status of the domain's process",
    verdict: "pass",
  });
});

test("memory that lies elsewhere fails the run, with the nodes", async () => {
  host = fixtureHost({ running: true, files: { "/libvirt/elsewhere": "1" } });
  const { inputs } = await host.checked(args({ numa: { mode: "strict", nodeset: "0" }, maxDisruption: "vm-restart" }));
  const error = await failureOf(host.resource.create({ inputs }, host.run));
  expect(error).toBeInstanceOf(PartialFailure);
  expect(error.message).toContain(
    "memory of the guest by node: expected on 0 alone, the domain has node 1: 2048 MiB (/proc/PID/numa_maps of the domain's process)",
  );
});

describe("automatic placement", () => {
  const auto = args({ numa: { placement: "auto" }, maxDisruption: "vm-restart" });

  test("is refused on a host without numad", async () => {
    host = fixtureHost({ running: true });
    expect((await host.checked(auto)).problems).toEqual([
      'numa.placement: "auto" asks numad for nodes when the domain starts, and this host has no numad: the start would fail ' +
        '("Failed to query numad for the advisory nodeset"). Install numad, or name the nodes (numa.nodeset)',
    ]);
  });

  test("shows the nodes that numad chose, and no other choice is a difference", async () => {
    host = fixtureHost({ running: true, files: { "/usr/bin/numad": "1" } });
    const before = host.inactive();
    const { inputs } = await host.checked(auto);
    expect(inputs["plan"]).toEqual({
      "numa.mode": "(absent) → strict  [vm-restart]",
      "numa.placement": "(absent) → auto  [vm-restart]",
      "vcpus.placement": "(absent) → auto  [vm-restart]",
    });
    const outputs = await created(host, auto);
    expect(outputs["actual"]).toMatchObject({
      "numa.placement": "auto",
      "numa.nodeset (chosen by numad, not stable)": "1",
    });
    host.fixture.write({ "/usr/bin/numad": "0" });
    host.virsh("shutdown", uuid);
    host.virsh("start", uuid);
    host.calls();
    host.newRun();
    const again = await host.checked(auto, outputs);
    expect(again.inputs["plan"]).toEqual({});
    const later = await updated(host, outputs, auto);
    expect(later["actual"]).toMatchObject({ "numa.nodeset (chosen by numad, not stable)": "0" });
    expect(host.calls()).toEqual([]);
    await host.resource.delete({ id: id, outputs: later }, host.run);
    expect(host.calls()).toEqual(restarted(uuid));
    expect(host.inactive().trimEnd()).toBe(before.trimEnd());
  });
});
