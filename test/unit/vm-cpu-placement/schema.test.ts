import fc from "fast-check";

import { given, parseArgs, withObserved } from "../../../provider/vm-cpu-placement/schema";

const connection = { host: "10.0.0.11" };
const problems = (props: Record<string, unknown>) => {
  const parsed = parseArgs({ connection, domain: "db", ...props });
  return "problems" in parsed ? parsed.problems.map(({ path, reason }) => `${path}: ${reason}`) : [];
};

test("fills in what was not given", () => {
  expect(parseArgs({ connection, domain: "db", plan: {}, __urn: "urn", domainUuid: "x" })).toEqual({
    args: {
      connection,
      domain: "db",
      maxDisruption: "live",
      onDelete: "restore",
      verify: "fail",
      shutdownTimeoutSeconds: 120,
      forceOff: false,
      takeOwnership: false,
    },
  });
});

test("keeps the arguments alone", () => {
  expect(given({ domain: "db", plan: {}, actual: {}, __provider: "x", numa: undefined })).toEqual({ domain: "db" });
});

test.each([
  ["a list", { vcpuPins: "2-5,^3" }],
  ["a map", { vcpuPins: { 0: "2", "1-2": "0-7,^3" } }],
  ["an I/O thread without a pin", { iothreads: [{ id: 1 }, { id: 2, cpus: "0-1" }] }],
  ["an empty list of I/O threads, as a refresh may find it", { iothreads: [] }],
  ["a node alone", { numa: { nodeset: "0" } }],
  ["a consent", { forceOff: true, maxDisruption: "vm-restart", migration: "flexible" }],
])("accepts %s", (_name, props) => {
  expect(problems(props)).toEqual([]);
});

test("reports every problem at once, each with its path", () => {
  expect(
    problems({
      domain: "",
      vcpuPins: { 0: "3-1", x: "1" },
      emulatorPin: "",
      iothreads: [{ id: 0, cpus: "1" }],
      numa: { mode: "fast" },
      colour: "red",
    }),
  ).toEqual([
    "domain: must be the domain's name or UUID; it is empty",
    'vcpuPins.0: invalid CPU list "3-1": it runs backwards: 3 is above 1',
    'vcpuPins.x: must be a vCPU number or a list of them, for example "0" or "0-3"',
    'emulatorPin: invalid CPU list "": it is not a CPU number, a range or ^ and a CPU number',
    "iothreads.0.id: must be a whole number from 1 to 2147483647: libvirt counts I/O threads from 1",
    "numa.mode: must be strict, preferred, interleave or restrictive",
    "colour: unknown argument",
  ]);
});

test("rules between arguments are reported beside wrong fields", () => {
  expect(
    problems({
      numa: { placement: "auto", nodeset: "0-", colour: 1, cells: [{ id: 0, nodeset: "0" }] },
      cpu: { mode: "host-model", model: "", match: "exact" },
      cacheTune: [{ vcpus: "0-1", caches: [] }],
      memoryTune: [{ vcpus: "1-2", nodes: [{ id: 0, bandwidthPercent: 0 }] }],
    }),
  ).toEqual([
    'cpu.model: must be the name of a CPU model, for example "Skylake-Server-IBRS"',
    "cpu.model: must be left out with mode host-model: only custom names a model",
    "cpu.match: goes with mode custom and its model alone",
    'numa.nodeset: invalid node list "0-": it is not a node number, a range or ^ and a node number',
    "numa.cells.0.memoryMiB: must be a whole number from 1 to 4294967296",
    "numa.colour: unknown argument",
    "numa.nodeset: must be left out with placement auto, where numad chooses the nodes",
    "numa.cells.0.nodeset: must be left out with placement auto, where numad chooses the nodes",
    "cacheTune.0.caches: is empty: give a cache, or leave the whole entry out",
    "memoryTune.0.nodes.0.bandwidthPercent: must be a whole number from 1 to 100",
    "memoryTune.0.vcpus: must be the vCPUs of cacheTune.0, or none of them: one group has both",
  ]);
});

test("what a refresh has found stands in the arguments, unless it could not be read again", () => {
  const args = { connection, domain: "db", cpu: { model: "EPYC" }, emulatorPin: "0" };
  expect(withObserved(args, { emulatorPin: "1", cpu: { mode: "host-model", model: "EPYC" }, iothreads: [] })).toEqual({
    connection,
    domain: "db",
    cpu: { model: "EPYC" },
    emulatorPin: "1",
    iothreads: [],
  });
});

test.each([
  ["a migration that is none", { migration: "live" }, "migration: must be pinned or flexible"],
  ["a consent that is none", { maxDisruption: "all" }, "maxDisruption: must be none, live, vm-restart or host-reboot"],
  ["what to do on delete", { onDelete: "keep" }, "onDelete: must be restore or retain"],
  ["a text for a flag", { forceOff: "yes" }, "forceOff: must be true or false"],
  [
    "a time limit of no time",
    { shutdownTimeoutSeconds: 0 },
    "shutdownTimeoutSeconds: must be a whole number from 1 to 86400 (a day)",
  ],
  [
    "a time limit that is not whole",
    { shutdownTimeoutSeconds: 1.5 },
    "shutdownTimeoutSeconds: must be a whole number from 1 to 86400 (a day)",
  ],
])("refuses %s", (_name, props, problem) => {
  expect(problems(props)).toEqual([problem]);
});

test("whatever is given, each problem has the argument's path and a reason, and nothing is thrown", () => {
  const names = fc.constantFrom(
    "vcpus",
    "vcpuPins",
    "iothreads",
    "vcpuScheduler",
    "numa",
    "cpu",
    "memoryBacking",
    "cacheTune",
  );
  const words = ["id", "vcpus", "cells", "mode", "hugepages", "caches", "topology", "distances", "scheduler", "size"];
  const key = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 }));
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>(null, true, "", "0-3", "1-", "auto", 0, -1, 1e9, 0.5, Number.NaN, "__proto__"),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(key, tie("any"), { maxKeys: 3 }),
    ),
  })).any;
  fc.assert(
    fc.property(names, value, (name, wrong) => {
      const parsed = parseArgs({ connection, domain: "db", [name]: wrong });
      if ("args" in parsed) return;
      for (const { path, reason } of parsed.problems) {
        expect(path.split(".")[0]).toBe(name);
        expect(reason).toMatch(/^(must|holds|is|names|pins|goes|invalid|unknown|there|passthrough)/);
      }
    }),
    { numRuns: 2000 },
  );
});
