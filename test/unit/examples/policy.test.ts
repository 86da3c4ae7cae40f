import {
  cpuList,
  disruption,
  hostTuning,
  housekeeping,
  lockedMemory,
  placement,
  widePins,
  type Props,
} from "../../../examples/policy/rules";

test("lists of CPUs as libvirt writes them", () => {
  expect([...cpuList("0-3,^2, 7")]).toEqual([0, 1, 3, 7]);
  expect([...cpuList("")]).toEqual([]);
});

test("a protected stack takes what is live, and nothing else", () => {
  expect(disruption({ impact: "live" }, ["none", "live"])).toEqual([]);
  expect(disruption({ impact: "host-reboot" }, ["none", "live"])).toEqual([
    "this change costs host-reboot, and this stack allows none, live: apply it in a window, from another stack",
  ]);
  // Of an unknown impact a preview says nothing; the update has it.
  expect(disruption({}, ["none"])).toEqual([]);
});

test("housekeeping CPUs stay, in both modes", () => {
  expect(housekeeping({ isolation: { cpus: "2-7" } }, "0-1")).toEqual([]);
  expect(housekeeping({ isolation: { mode: "partition", cpus: "1-7" } }, "0-1")).toEqual([
    "isolation.cpus takes CPU 1: 0-1 stay with the host",
  ]);
  expect(housekeeping({}, "0-1")).toEqual([]);
});

describe("wide pins", () => {
  const host = (isolation: Props, address = "a") => ({
    name: "kvm-01",
    type: hostTuning,
    props: { connection: { host: address }, isolation },
  });
  const vm = (vcpuPins: Props, address = "a") => ({
    name: "db",
    type: placement,
    props: { connection: { host: address }, vcpuPins },
  });
  test("on CPUs between which the kernel moves nothing", () => {
    expect(widePins([host({ cpus: "2-7" }), vm({ 0: "2", 1: "3-4" })])).toEqual([
      "db: vCPU 1 has several isolated CPUs (3-4): give it one",
    ]);
    expect(widePins([host({ mode: "partition", partition: "isolated", cpus: "2-7" }), vm({ 0: "2-3" })])).toHaveLength(
      1,
    );
  });
  test("not where it does, and not on another host", () => {
    expect(widePins([host({ mode: "partition", cpus: "2-7" }), vm({ 0: "2-3" })])).toEqual([]);
    expect(widePins([host({ cpus: "2-7", domain: false }), vm({ 0: "2-3" })])).toEqual([]);
    expect(widePins([host({ cpus: "2-7" }), vm({ 0: "2-3" }, "b")])).toEqual([]);
    expect(widePins([host({ cpus: "2-7" }), vm({ 0: "0-1" })])).toEqual([]);
  });
});

test("locked memory has a limit in the program", () => {
  expect(lockedMemory({ memoryBacking: { locked: true } })).toHaveLength(1);
  expect(lockedMemory({ memoryBacking: { locked: true, hardLimitMiB: 4096 } })).toEqual([]);
  expect(lockedMemory({})).toEqual([]);
});
