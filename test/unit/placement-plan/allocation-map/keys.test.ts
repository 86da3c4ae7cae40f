import { CpuSet } from "../../../../provider/linux/cpu-set";
import { compareTexts, keysOf } from "../../../../provider/placement-plan/allocation-map/keys";
import type { MapHost } from "../../../../provider/placement-plan/allocation-map/model";

const host = (name: string, vms: readonly string[]): MapHost => ({
  name,
  nodes: [],
  cpus: [],
  reservedCpus: CpuSet.empty,
  isolatedCpus: CpuSet.empty,
  vms: vms.map((vm) => ({ name: vm, threads: [] })),
});

test("letters by name, then by host; numbers in names by value", () => {
  const [one, two] = [host("kvm-10", ["web", "db-10", "db-9"]), host("kvm-9", ["web"])];
  const keys = keysOf({ hosts: [one, two] });
  expect(keys.all.map(({ key, vm, host: its }) => [key, vm.name, its.name])).toEqual([
    ["A", "db-9", "kvm-10"],
    ["B", "db-10", "kvm-10"],
    ["C", "web", "kvm-9"],
    ["D", "web", "kvm-10"],
  ]);
  expect(keys.of(one, "web")?.key).toBe("D");
  expect(keys.of(one, "mail")).toBeUndefined();
});

test("after Z comes AA, after ZZ comes AAA", () => {
  const names = Array.from({ length: 703 }, (_, index) => `vm${String(index)}`);
  const keys = keysOf({ hosts: [host("h", names)] }).all.map(({ key }) => key);
  expect([keys[25], keys[26], keys[51], keys[52], keys[701], keys[702]]).toEqual(["Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
  expect(new Set(keys).size).toBe(703);
});

test.each([
  ["a2", "a10", -1],
  ["a10", "a2", 1],
  ["a", "a", 0],
  ["", "a", -1],
  ["a01", "a1", -1],
  ["a1b2", "a1b10", -1],
  ["B", "a", -1],
])("order of %j and %j", (one, other, order) => {
  expect(Math.sign(compareTexts(one, other))).toBe(order);
  expect(Math.sign(compareTexts(other, one)) + order).toBe(0);
});
