import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isAboutMemory, memoryScript, parseMemory } from "../../../provider/vm-cpu-placement/memory-location";
import type { MemoryLocation } from "../../../provider/vm-cpu-placement/memory-location";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import { verificationsOf } from "../../../provider/vm-cpu-placement/verification";
import { roomyHost, running, uuid, type FactTable } from "./support";

const numaMaps = `5579 default file=/usr/bin/qemu-system-x86_64 mapped=300 N0=300 kernelpagesize_kB=4
7f00 bind:0 anon=100 dirty=100 N0=90 N1=10 kernelpagesize_kB=4
7f40 bind:0 file=/dev/hugepages/x huge dirty=512 N0=512 kernelpagesize_kB=2048
7f80 default heap anon=3 N10=3
`;
const status = "Name:\tqemu\nVmLck:\t 4194304 kB\nThreads:\t7\n";

/** What the script prints on a host with these files. */
function printed(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "memory-location-"));
  try {
    mkdirSync(join(root, "proc/100"), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, "proc/100", name), text);
    const { script, args } = memoryScript(uuid, 100);
    return execFileSync("sh", ["-c", script, "sh", ...args], {
      env: { ...process.env, KVM_TUNING_ROOT: root },
      encoding: "utf8",
    });
  } finally {
    rmSync(root, { recursive: true });
  }
}

test("sums pages by policy, size and node", () => {
  expect(parseMemory(printed({ numa_maps: numaMaps, status }))).toEqual({
    mappings: [
      { policy: "default", pageSizeKiB: 4, node: 0, kib: 1200 },
      { policy: "bind:0", pageSizeKiB: 4, node: 0, kib: 360 },
      { policy: "bind:0", pageSizeKiB: 2048, node: 0, kib: 1048576 },
      { policy: "bind:0", pageSizeKiB: 4, node: 1, kib: 40 },
      { policy: "default", pageSizeKiB: 4, node: 10, kib: 12 },
    ].toSorted((one, other) => one.node - other.node || one.pageSizeKiB - other.pageSizeKiB),
    lockedKiB: 4194304,
  });
});

test("a process that has ended says nothing", () => {
  expect(parseMemory(printed({}))).toEqual({ mappings: [], lockedKiB: undefined });
});

test.each([
  ["numa.nodeset", true],
  ["numa.cells.0.nodeset", true],
  ["memory", true],
  ["memoryBacking.hugepages", true],
  ["memoryBacking.locked", true],
  ["memoryBacking.allocation", true],
  ["memoryBacking.hardLimit", false],
  ["memoryBacking.source", false],
  ["currentMemory", false],
  ["vcpuPins.0", false],
])("%s is about memory: %s", (setting, expected) => {
  expect(isAboutMemory(setting)).toBe(expected);
});

describe("verified", () => {
  const kib = 4 * 1024 ** 2;
  const bound = (...nodes: readonly number[]): MemoryLocation => ({
    mappings: nodes.map((node) => ({ policy: `bind:${node}`, pageSizeKiB: 4, node, kib: kib / nodes.length })),
    lockedKiB: undefined,
  });
  const base = { "vcpus.maximum": "4", memory: `${kib} KiB` };

  /** The checks that are about where memory is, as `check: verdict: actual (expected)`. */
  const checks = (fields: PlacementFields, facts: FactTable, memory: MemoryLocation | undefined) => {
    const domain = { ...running({ ...base, ...facts }, { ...base, ...facts }), ...(memory && { memory }) };
    const plan = planPlacement(fields, { domain, record: undefined, host: roomyHost, others: [] });
    return verificationsOf(plan, domain)
      .filter(({ check }) => check.startsWith("memory of the guest"))
      .map(({ check, verdict, actual, expected }) => `${check}: ${verdict}: ${actual} (${expected})`);
  };
  const strict = { "numa.mode": "strict", "numa.nodeset": "0" };
  const numa: PlacementFields = { numa: { mode: "strict", nodeset: "0" } };

  test("strict memory lies on its nodes alone", () => {
    expect(checks(numa, strict, bound(0))).toEqual([
      "memory of the guest by node: pass: node 0: 4096 MiB (on 0 alone)",
    ]);
    expect(checks(numa, strict, bound(0, 1))).toEqual([
      "memory of the guest by node: fail: node 0: 2048 MiB, node 1: 2048 MiB (on 0 alone)",
    ]);
  });

  test("strict memory of which nothing is found is not known", () => {
    const memory = { mappings: [{ policy: "default", pageSizeKiB: 4, node: 1, kib }], lockedKiB: undefined };
    expect(checks(numa, strict, memory)).toEqual([
      "memory of the guest by node: unknown: no memory with a policy was found (on 0 alone)",
    ]);
  });

  test.each(["preferred", "interleave", "restrictive"] as const)(
    "mode %s binds nothing that could be held to it",
    (mode) => {
      expect(checks({ numa: { mode, nodeset: "0" } }, { "numa.mode": mode, "numa.nodeset": "0" }, bound(1))).toEqual(
        [],
      );
    },
  );

  test("not read: nothing is said", () => {
    expect(checks(numa, strict, undefined)).toEqual([]);
  });

  test("huge pages hold all of the memory", () => {
    const fields: PlacementFields = { memoryBacking: { hugepages: [{ size: "2M" }] } };
    const facts = { "memoryBacking.hugepages": "2M" };
    const huge = (sum: number) => ({
      mappings: [{ policy: "default", pageSizeKiB: 2048, node: 0, kib: sum }],
      lockedKiB: undefined,
    });
    expect(checks(fields, facts, huge(kib))).toEqual([
      "memory of the guest in huge pages: pass: 4194304 KiB (4194304 KiB)",
    ]);
    expect(checks(fields, facts, huge(kib - 2048))).toEqual([
      "memory of the guest in huge pages: fail: 4192256 KiB (4194304 KiB)",
    ]);
    expect(checks(fields, facts, bound(0))).toEqual(["memory of the guest in huge pages: fail: 0 KiB (4194304 KiB)"]);
  });

  test("locked memory is all of it, or not known", () => {
    const fields: PlacementFields = { memoryBacking: { locked: true, hardLimitMiB: 8192 } };
    const facts = { "memoryBacking.locked": "yes", "memoryBacking.hardLimit": "8388608 KiB" };
    const locked = (lockedKiB: number | undefined) => checks(fields, facts, { mappings: [], lockedKiB });
    const check = "memory of the guest that is locked";
    expect(locked(kib)).toEqual([`${check}: pass: 4194304 KiB (4194304 KiB or more)`]);
    expect(locked(64)).toEqual([`${check}: fail: 64 KiB (4194304 KiB or more)`]);
    expect(locked(undefined)).toEqual([`${check}: unknown: not known (4194304 KiB or more)`]);
  });
});
