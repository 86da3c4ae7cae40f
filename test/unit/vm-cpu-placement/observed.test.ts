import * as fc from "fast-check";

import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import { argumentOf } from "../../../provider/vm-cpu-placement/described";
import { observed } from "../../../provider/vm-cpu-placement/observed";
import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import type { Domain } from "../../../provider/vm-cpu-placement/model";
import { argsOf, arbitraryFacts, describedAll } from "./arbitrary";
import { roomyHost, running, shutOff, type FactTable } from "./support";

const seen = (fields: PlacementFields, domain: Domain) =>
  observed(fields, planPlacement(fields, { domain, record: undefined, host: roomyHost, others: [] }));

const base = { "vcpus.maximum": "4", memory: "4194304 KiB" };
const off = (facts: FactTable) => shutOff({ ...base, ...facts });

test("a domain that is as asked shows nothing, however the program writes it", () => {
  const fields: PlacementFields = {
    vcpuPins: { "0,1": "3,2" },
    emulatorPin: "1,0",
    numa: { mode: "strict", nodeset: "1,0" },
  };
  const facts = {
    "vcpuPins.0": "2-3",
    "vcpuPins.1": "2-3",
    emulatorPin: "0-1",
    "numa.mode": "strict",
    "numa.nodeset": "0-1",
  };
  expect(seen(fields, off(facts))).toEqual({});
});

test("only what differs, in the program's own shape", () => {
  const fields: PlacementFields = {
    vcpuPins: { "0-1": "3,2", "2": "4" },
    emulatorPin: "1,0",
    numa: { mode: "strict", nodeset: "1,0" },
    cpuShares: 200,
    vcpus: { current: 2 },
  };
  const facts = {
    "vcpuPins.0": "2-3",
    "vcpuPins.1": "2-3",
    "vcpuPins.2": "5",
    emulatorPin: "0-1",
    "numa.mode": "preferred",
    "numa.nodeset": "0-1",
    cpuShares: "100",
    "vcpus.current": "3",
  };
  expect(seen(fields, off(facts))).toEqual({
    vcpuPins: { "0-1": "3,2", "2": "5" },
    numa: { mode: "preferred", nodeset: "1,0" },
    cpuShares: 100,
    vcpus: { current: 3 },
  });
});

test("vCPUs that share a key come apart where they differ, and a missing pin is left out", () => {
  const facts = { "vcpuPins.0": "2", "vcpuPins.1": "4-5" };
  expect(seen({ vcpuPins: { "0-2": "4-5" } }, off(facts))).toEqual({ vcpuPins: { "0": "2", "1": "4-5" } });
});

test("a list of pins is shown as the map that tells which is another", () => {
  const facts = { "vcpuPins.0": "2", "vcpuPins.1": "6", "vcpuPins.2": "4", "vcpuPins.3": "5" };
  expect(seen({ vcpuPins: "2-5" }, off(facts))).toEqual({ vcpuPins: { "0": "2", "1": "6", "2": "4", "3": "5" } });
});

test("the running domain counts before its definition", () => {
  expect(seen({ emulatorPin: "0" }, running({ ...base, emulatorPin: "1" }, { ...base, emulatorPin: "2" }))).toEqual({
    emulatorPin: "1",
  });
  expect(seen({ emulatorPin: "0" }, running({ ...base, emulatorPin: "0" }, { ...base, emulatorPin: "2" }))).toEqual({
    emulatorPin: "2",
  });
});

test("what is gone is not shown", () => {
  expect(seen({ emulatorPin: "0", cpuShares: 5 }, off({}))).toEqual({});
});

test("of the CPU only the fields that the program names", () => {
  const fields: PlacementFields = { cpu: { mode: "host-passthrough", features: { pcid: "require" } } };
  const facts = { "cpu.mode": "host-passthrough", "cpu.features.pcid": "disable", "cpu.features.ss": "require" };
  expect(seen(fields, off(facts))).toEqual({ cpu: { mode: "host-passthrough", features: { pcid: "disable" } } });
});

test.each([
  ["vcpuPins.3", "vcpuPins"],
  ["vcpuScheduler.3", "vcpuScheduler"],
  ["iothreadScheduler.3", "iothreads"],
  ["numa.cells.0.distances.1", "numa"],
  ["memory", "numa"],
  ["vcpus.placement", "numa"],
  ["vcpus.current", "vcpus"],
  ["cacheTune.0,2.L3.0.both", "cacheTune"],
  ["cpu.features.x.y", "cpu"],
  ["cpuBandwidth.quotaMicroseconds", "cpuBandwidth"],
])("%s belongs to the argument %s", (setting, argument) => {
  expect(argumentOf(setting)).toBe(argument);
});

test("for any program and any domain: arguments that hold are not shown, and what is shown is of the program", () => {
  fc.assert(
    fc.property(arbitraryFacts, arbitraryFacts, (wanted, there) => {
      const args = argsOf(describedAll(wanted));
      const plan = (facts: FactTable) =>
        planPlacement(args, { domain: shutOff(facts), record: undefined, host: roomyHost, others: [] });
      expect(observed(args, plan(Object.fromEntries(wanted)))).toEqual({});
      const different = plan(Object.fromEntries(there));
      const names = new Set(different.rows.filter((row) => row.differs).map((row) => argumentOf(row.setting)));
      const shown = Object.keys(observed(args, different));
      expect(shown.filter((name) => !names.has(name) || !(name in args))).toEqual([]);
    }),
    { numRuns: 200, endOnFailure: true },
  );
});
