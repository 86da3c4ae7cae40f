import { documentOf, problemsOf, shutOff } from "../support";

test.each([
  [1, "1", "2-262144"],
  [1, "262145", "2-262144"],
  [2, "10001", "1-10000"],
  [2, "0", "1-10000"],
] as const)("cgroup v%i: %s shares are outside of %s", (cgroup, cpuShares, range) => {
  expect(problemsOf({ cpuShares }, { host: { cgroup } })).toEqual([
    `cpuShares: ${cpuShares} is outside of what this host takes: ${range} (cgroup v${cgroup})`,
  ]);
});

test.each([
  [1, "2"],
  [1, "262144"],
  [2, "1"],
  [2, "10000"],
  [undefined, "262144"],
] as const)("cgroup v%s takes %s shares", (cgroup, cpuShares) => {
  expect(problemsOf({ cpuShares }, { host: { cgroup } })).toEqual([]);
});

const cache = (vcpus: string, id = 0) => ({ [`cacheTune.${vcpus}.L3.${id}.both`]: "3072 KiB" });
const bandwidth = (vcpus: string) => ({ [`memoryTune.${vcpus}.node0`]: "50" });

test("caches and bandwidth need resctrl", () => {
  const reason =
    "needs the kernel's resctrl, which is not mounted here: mount -t resctrl resctrl /sys/fs/resctrl, then restart " +
    "libvirt's daemon (libvirtd or virtqemud). If that fails, this CPU has no cache or bandwidth allocation";
  expect(problemsOf({ ...cache("0-1"), ...cache("0-1", 1), ...bandwidth("0-1") })).toEqual([
    `cacheTune: ${reason}`,
    `memoryTune: ${reason}`,
  ]);
  expect(problemsOf({ "memoryTune.0.node0": null })).toEqual([]);
});

test("groups do not overlap; the same vCPUs may have both", () => {
  const host = { resctrl: true };
  expect(problemsOf({ ...cache("0-1"), ...cache("0-1", 1), ...cache("2-3"), ...bandwidth("0-1") }, { host })).toEqual(
    [],
  );
  expect(problemsOf({ ...cache("0-2"), ...cache("2-3"), ...bandwidth("0-1") }, { host })).toEqual([
    "cacheTune.2-3: vCPU 2 cannot be in two groups, and cacheTune.0-2 holds it too: make the sets equal, or apart",
    "memoryTune.0-1: vCPUs 0-1 cannot be in two groups, and cacheTune.0-2 holds them too: make the sets equal, or apart",
  ]);
  expect(problemsOf(bandwidth("3"), { host, domain: shutOff(cache("2-3")) })).toEqual([
    "memoryTune.3: vCPU 3 cannot be in two groups, and cacheTune.2-3 holds it too: make the sets equal, or apart",
  ]);
});

test("libvirt gives caches and bandwidth to domains of type kvm alone", () => {
  const domain = { ...shutOff({}), config: documentOf({}, { type: "qemu" }) };
  expect(problemsOf({ ...cache("0-1"), ...bandwidth("0-1") }, { host: { resctrl: true }, domain })).toEqual([
    'cacheTune: is for domains of type kvm alone, and domain "db" is of type qemu: take it away',
    'memoryTune: is for domains of type kvm alone, and domain "db" is of type qemu: take it away',
  ]);
});
