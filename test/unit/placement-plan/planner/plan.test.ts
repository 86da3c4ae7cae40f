import { CpuSet } from "../../../../provider/linux/cpu-set";
import { planMigration } from "../../../../provider/placement-plan/planner/migrate";
import { plan } from "../../../../provider/placement-plan/planner/plan";
import { planned } from "../../../support/planner/checker";
import { makeHost, makeVm } from "../../../support/planner/fleets";

const host = makeHost("kvm-01", { nodes: 2, cores: 4, threads: 2, gib: 32 });

const pinsOf = (request: Parameters<typeof plan>[0]) =>
  Object.fromEntries(planned(plan(request)).placements.map((each) => [each.vm, each.vcpuPins.join(" ")]));

test("siblings together, the emulator on a core of its own, lowest CPUs first", () => {
  const answer = planned(
    plan({ hosts: [host], vms: [makeVm("db", [4, 8], { emulatorThreads: "isolate", ioThreads: 1 })] }),
  );
  expect(answer.placements).toEqual([
    {
      vm: "db",
      host: "kvm-01",
      vcpuPins: ["0", "8", "1", "9"],
      emulatorPin: "2",
      iothreads: [{ id: 1, cpus: "2" }],
      cells: [{ id: 0, vcpus: "0-3", memoryMiB: 8192, memoryNode: 0, cpuNode: 0 }],
      topology: { sockets: 1, cores: 2, threads: 2 },
      pageSizeKiB: 1048576,
      why: "on kvm-01, node 0: one guest cell; 4 CPUs of 2 cores, the emulator on CPU 2; memory local.",
    },
  ]);
  expect(answer.objective.every((entry) => entry.proof === "optimal")).toBe(true);
});

test("shared threads float on reserved CPUs, and one core of each node stays free", () => {
  const { housekeepingCores: _none, ...guarded } = host;
  const reserved = { ...guarded, reservedCpus: CpuSet.of(0, 8) };
  const answer = planned(plan({ hosts: [reserved], vms: [makeVm("a", [6, 8]), makeVm("b", [6, 8])] }));
  expect(answer.placements.map((each) => [each.vm, each.vcpuPins.join(" "), each.emulatorPin])).toEqual([
    ["a", "1 9 2 10 3 11", "0,8"],
    // Node 1 has no reserved core: its first one, CPUs 4 and 12, is left to the kernel.
    ["b", "5 13 6 14 7 15", "0,8"],
  ]);
});

test("free 8 and 8 with arrivals of 4, 4 and 8: where spreading fails, the plan does not", () => {
  const vms = [makeVm("a", [4, 4]), makeVm("b", [4, 4]), makeVm("c", [8, 8], { nodes: 1 })];
  expect(
    planned(plan({ hosts: [host], vms }))
      .objective.slice(0, 4)
      .map((entry) => entry.value),
  ).toEqual([0, 0, 0, 0]);
});

test("two cells on a ring of four nodes are neighbours", () => {
  const distances = [
    [10, 30, 20, 20],
    [30, 10, 20, 20],
    [20, 20, 10, 30],
    [20, 20, 30, 10],
  ];
  const ring = makeHost("ring", { nodes: 4, cores: 4, gib: 16, distances });
  const [placed] = planned(plan({ hosts: [ring], vms: [makeVm("a", [8, 16], { nodes: 2 })] })).placements;
  expect(placed?.cells.map((cell) => cell.cpuNode)).toEqual([0, 2]);
});

test("memory follows vCPUs where they are divided 4 and 2", () => {
  const vm = makeVm("a", [6, 12], { nodes: 2 });
  const [placed] = planned(plan({ hosts: [host], vms: [vm] })).placements;
  expect(placed?.cells.map((cell) => [cell.vcpus, cell.memoryMiB])).toEqual([
    ["0-3", 8192],
    ["4-5", 4096],
  ]);
});

test("the VM that needs the NIC's node gets it, though a larger one was declared before", () => {
  const withNic = { ...host, devices: [{ address: "0000:3b:00.0", node: 0 }] };
  const near = { address: "0000:3b:00.0", policy: "required" } as const;
  const vms = [makeVm("a", [8, 8]), makeVm("nic", [4, 4], { nearDevice: near })];
  expect(pinsOf({ hosts: [withNic], vms })["nic"]).toBe("0 8 1 9");
});

test("anti-affinity keeps VMs on different hosts", () => {
  const hosts = [host, { ...host, name: "kvm-02" }];
  const vms = ["a", "b"].map((name) => makeVm(name, [2, 2], { antiAffinity: ["db"] }));
  expect(planned(plan({ hosts, vms })).placements.map((each) => each.host)).toEqual(["kvm-01", "kvm-02"]);
});

test("pins of the program are constants, and nobody else gets them", () => {
  const vms = [makeVm("a", [2, 2]), makeVm("own", [2, 2], { hosts: ["kvm-01"], pins: { vcpus: [0, 8] } })];
  expect(pinsOf({ hosts: [host], vms })).toEqual({ a: "1 9", own: "0 8" });
});

test("an added VM leaves the others where they are", () => {
  const vms = [makeVm("a", [4, 4]), makeVm("b", [2, 2])];
  const before = planned(plan({ hosts: [host], vms })).placements;
  const after = planned(plan({ hosts: [host], vms: [...vms, makeVm("0-first-by-name", [6, 6])], previous: before }));
  expect(after.placements.filter((each) => each.vm !== "0-first-by-name").map((each) => each.vcpuPins)).toEqual(
    before.map((each) => each.vcpuPins),
  );
});

test("where a VM would be on another host, beside what is there", () => {
  const destination = { ...host, name: "kvm-02", claimedCpus: CpuSet.parse("0-3,8-11") };
  const vm = makeVm("a", [4, 4], { hosts: ["kvm-01"], pins: { vcpus: [0, 8, 1, 9] } });
  const [placed] = planned(planMigration(vm, destination)).placements;
  expect([placed?.host, placed?.vcpuPins]).toEqual(["kvm-02", ["4", "12", "5", "13"]]);
});

describe("a refusal says what is missing", () => {
  const refusal = (...vms: ReturnType<typeof makeVm>[]) => {
    const answer = plan({ hosts: [host], vms });
    return answer.outcome === "infeasible"
      ? answer.explanations.map(({ text, ...rest }) => ({ ...rest, text }))
      : answer;
  };

  test("CPUs of one VM", () => {
    expect(refusal(makeVm("big", [20, 8]))).toEqual([
      {
        ...{ resource: "cpus", vms: ["big"], host: "kvm-01", wanted: 20, available: 16 },
        text: "big on kvm-01: wants 20 CPUs, at most 16 can be had: 4 short. Give it fewer dedicated vCPUs, or reserve fewer CPUs",
      },
    ]);
  });

  test("memory of all, naming only VMs that cannot be left out", () => {
    const answer = refusal(makeVm("a", [1, 30]), makeVm("b", [1, 30]), makeVm("c", [1, 30]), makeVm("d", [1, 1]));
    expect(answer).toEqual([
      expect.objectContaining({ resource: "memory", vms: ["a", "b", "c"], wanted: 92160, available: 65536 }),
    ]);
  });

  test("VMs that fit alone and by sums but not together", () => {
    const vms = ["a", "b", "c"].map((name) => makeVm(name, [5, 4], { nodes: 1 }));
    expect(refusal(...vms, makeVm("d", [1, 1]))).toEqual([
      expect.objectContaining({ resource: "cpus", vms: ["a", "b", "c"], host: "kvm-01", wanted: 5, available: 3 }),
    ]);
  });

  test("a page size that memory is no multiple of", () => {
    expect(refusal({ ...makeVm("a", [1, 1]), memoryMiB: 1500 })).toEqual([
      expect.objectContaining({
        text: "a: 1500 MiB are no multiple of its page size, 1048576 KiB: say 1024 or 2048 MiB",
      }),
    ]);
  });
});

test("at the limit of the search it says so", () => {
  const vms = Array.from({ length: 9 }, (_, index) => makeVm(`v${index}`, [5, 4], { nodes: 1 }));
  const hosts = Array.from({ length: 8 }, (_, index) =>
    makeHost(`h${index}`, { nodes: 1, cores: 7 + (index % 2), gib: 64 + index }),
  );
  const answer = plan({ hosts, vms, searchLimit: 50 });
  expect(answer).toMatchObject({ outcome: "undecided", unplaced: [expect.any(String)] });
});
