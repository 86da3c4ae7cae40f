import { machinePartition, otherClaims, unbalancedCpus } from "../../../provider/linux/cpuset-partition";
import { CpuSet } from "../../../provider/linux/cpu-set";
import { fileTree } from "../../../provider/linux/file-tree";

const slice = "/sys/fs/cgroup/machine.slice";
const files = (partition: string | undefined, cpus = "2-3,6-7", effective = cpus) =>
  fileTree(
    new Map([
      ...(partition === undefined ? [] : [[`${slice}/cpuset.cpus.partition`, partition] as const]),
      [`${slice}/cpuset.cpus`, cpus],
      [`${slice}/cpuset.cpus.effective`, effective],
      ["/sys/fs/cgroup/system.slice/cpuset.cpus", "0-3"],
      ["/sys/fs/cgroup/user.slice/cpuset.cpus", ""],
      ["/sys/fs/cgroup/a:b.mount/cpuset.cpus", "7"],
    ]),
  );
const read = (...of: Parameters<typeof files>) => {
  const found = machinePartition(files(...of));
  return found && { ...found, cpus: found.cpus.toString() };
};

test.each([
  ["no such file", undefined, undefined],
  ["something else", "threaded", undefined],
  ["a member", "member", { kind: "member", cpus: "2-3,6-7" }],
  ["granted", "root", { kind: "root", cpus: "2-3,6-7" }],
  ["granted, without balancing", "isolated", { kind: "isolated", cpus: "2-3,6-7" }],
  [
    "lost",
    "root invalid (Cpu list in cpuset.cpus not exclusive)",
    { kind: "root", cpus: "2-3,6-7", invalid: "Cpu list in cpuset.cpus not exclusive" },
  ],
  ["lost without a reason", "isolated invalid", { kind: "isolated", cpus: "2-3,6-7", invalid: "" }],
])("the partition of machine.slice: %s", (_name, text, expected) => {
  expect(read(text)).toEqual(expected);
});

test("a partition has the CPUs that are online; one that is lost asks for all of its list", () => {
  expect(read("root", "2-3,6-7", "2-3,6")).toEqual({ kind: "root", cpus: "2-3,6" });
  expect(read("root invalid (x)", "2-3,6-7", "0-7")).toEqual({ kind: "root", cpus: "2-3,6-7", invalid: "x" });
});

test("only an isolated partition that is granted is without balancing", () => {
  const unbalanced = (text: string) => unbalancedCpus(files(text)).toString();
  expect([
    unbalanced("isolated"),
    unbalanced("isolated invalid (x)"),
    unbalanced("root"),
    unbalanced("member"),
  ]).toEqual(["2-3,6-7", "", "", ""]);
});

test("who else claims a CPU: cgroups beside the slice, never the slice itself", () => {
  const claims = (cpus: string) =>
    otherClaims(CpuSet.parse(cpus), files("root")).map((one) => `${one.cgroup} ${one.cpus.toString()}`);
  expect(claims("2-3,6-7")).toEqual(["a:b.mount 7", "system.slice 0-3"]);
  expect(claims("6")).toEqual([]);
});
