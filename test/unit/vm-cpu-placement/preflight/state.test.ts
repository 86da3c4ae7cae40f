import { problemsOf, requestOf, running, shutOff, warningsOf } from "../support";
import { preflight } from "../../../../provider/vm-cpu-placement/preflight/preflight";

test("a domain in a passing state is refused", () => {
  expect(problemsOf({ emulatorPin: "0" }, { domain: { ...shutOff({}), state: "in shutdown" } })).toEqual([
    'domain: domain "db" is in shutdown: wait until it runs or is shut off',
  ]);
});

describe("a saved domain", () => {
  const saved = { ...shutOff({ "numa.mode": "strict", "numa.nodeset": "0" }), managedSave: true };
  const reason =
    'domain "db" is saved, and its next start resumes it with the CPUs and the memory it was saved with. ' +
    "Start it and shut it down in the guest, or give up what is saved " +
    "(virsh managedsave-remove 11111111-2222-4333-8444-555555555555), and run again";

  test("is warned of: its next start resumes the old placement", () => {
    expect(warningsOf({ "vcpuPins.0": "2" }, { domain: saved })).toEqual([
      'domain "db" is saved (virsh managedsave): its next start resumes it with the placement it was saved with, ' +
        "whatever its definition says. Run `pulumi up` again once it runs",
    ]);
    expect(warningsOf({}, { domain: saved })).toEqual([]);
    expect(warningsOf({ "vcpuPins.0": "2" }, { domain: { ...running({}, {}), managedSave: true } })).toEqual([]);
  });

  test("is refused what only a new start can give", () => {
    expect(problemsOf({ "vcpuPins.0": "2", "numa.mode": "strict", "numa.nodeset": "0" }, { domain: saved })).toEqual(
      [],
    );
    expect(problemsOf({ "numa.mode": "strict", "numa.nodeset": "1" }, { domain: saved })).toEqual([
      `numa.nodeset: ${reason}`,
    ]);
    expect(problemsOf({ "cpu.mode": "host-model", cpuShares: "100" }, { domain: saved })).toEqual([
      `cpu.mode: ${reason}`,
    ]);
  });
});

test("snapshots that hold an older placement are named when something changes", () => {
  const domain = { ...shutOff({ emulatorPin: "0" }), snapshots: true };
  expect(preflight(requestOf({ emulatorPin: "1" }, { domain }))).toEqual({
    problems: [],
    warnings: [
      'domain "db" has snapshots (virsh snapshot-list): each holds the definition of its time, and going back to one ' +
        "brings its placement back. Run `pulumi up` again after a virsh snapshot-revert",
    ],
  });
  expect(warningsOf({ emulatorPin: "0" }, { domain })).toEqual([]);
  expect(warningsOf({ emulatorPin: "1" }, { domain: { ...domain, snapshots: false } })).toEqual([]);
});
