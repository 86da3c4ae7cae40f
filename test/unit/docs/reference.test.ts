/* The reference page is what the SDK's documentation says, and that documentation is complete and true to the schema. */
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";

import { impactOfArgument, impactOfArguments } from "../../../provider/vm-cpu-placement/argument-impact";
import { impactOf } from "../../../provider/vm-cpu-placement/impact";
import { parseArgs } from "../../../provider/vm-cpu-placement/schema";
import { readArguments } from "../../../scripts/reference/arguments";
import { parseArgs as parseHostArgs } from "../../../provider/host-tuning/schema";
import { hostTuningArguments, hostTuningSubject } from "../../../scripts/reference/host-tuning";
import { pages } from "../../../scripts/reference/main";
import { defaultOf, flat } from "../../../scripts/reference/page";
import { placementArguments } from "../../../scripts/reference/placement";
import { placementPlanArguments } from "../../../scripts/reference/placement-plan";
import { parseArgs as parsePlanArgs } from "../../../provider/placement-plan/schema";

const all = placementArguments();
const every = flat(all).map(({ argument }) => [argument.path, argument] as const);
const top = all.map((argument) => [argument.path, argument] as const);

test.each(pages)("the committed page $path is up to date: npm run reference", ({ path, text }) => {
  expect(readFileSync(path, "utf8")).toBe(text());
});

test("it has all arguments, and each once", () => {
  const paths = every.map(([path]) => path);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths).toEqual(
    expect.arrayContaining([
      "vcpuPins",
      "numa.cells.caches.lineBytes",
      "vcpuScheduler.priority",
      "cacheTune.caches.id",
    ]),
  );
  const shape = parseArgs({
    connection: { host: "h" },
    domain: "d",
    ...Object.fromEntries(paths.map((path) => [path, []])),
  });
  const unknown = "problems" in shape ? shape.problems.filter(({ reason }) => reason === "unknown argument") : [];
  expect(unknown.map(({ path }) => path).filter((path) => !path.includes(".") && path !== "host")).toEqual([]);
});

test.each(every)("%s has documentation, a default and an impact", (path, argument) => {
  expect(argument.doc.text).toMatch(/^\S[\s\S]*[.:]$/m);
  expect(defaultOf(argument)).not.toBe("");
  expect(impactOfArgument(path)).toBeDefined();
});

test.each(every)("%s says the impact that the table has", (path, { doc }) => {
  const above = every.filter(([one, { doc: its }]) => path.startsWith(`${one}.`) && its.impact !== undefined).at(-1);
  const said = doc.impact ?? above?.[1].doc.impact;
  expect(said?.split(";")[0]).toBe(impactOfArgument(path));
});

test("the table of impacts names arguments alone", () => {
  const paths = every.map(([path]) => path);
  expect(Object.keys(impactOfArguments).filter((path) => !paths.includes(path))).toEqual([]);
  expect(impactOfArgument("colour")).toBeUndefined();
});

test.each([
  ["vcpus.maximum", "vcpus.maximum"],
  ["vcpus.current", "vcpus.current"],
  ["vcpuCpuset", "vcpuCpuset"],
  ["vcpuPins", "vcpuPins.0"],
  ["emulatorPin", "emulatorPin"],
  ["iothreads.cpus", "iothreads.1"],
  ["iothreads.scheduler", "iothreadScheduler.1"],
  ["vcpuScheduler", "vcpuScheduler.0"],
  ["emulatorScheduler", "emulatorScheduler"],
  ["cpuShares", "cpuShares"],
  ["cpuBandwidth.periodMicroseconds", "cpuBandwidth.periodMicroseconds"],
  ["cpuBandwidth.quotaMicroseconds", "cpuBandwidth.quotaMicroseconds"],
  ["cacheTune", "cacheTune.0-1.L3.0.both"],
  ["memoryTune", "memoryTune.0-1.node0"],
  ["cpu.mode", "cpu.mode"],
  ["cpu.features", "cpu.features.pcid"],
  ["cpu.topology.cores", "cpu.topology.cores"],
  ["numa.mode", "numa.mode"],
  ["numa.nodeset", "numa.nodeset"],
  ["numa.placement", "numa.placement"],
  ["numa.cells.memoryMiB", "numa.cells.0.memory"],
  ["numa.cells.distances", "numa.cells.0.distances.1"],
  ["memoryBacking.hugepages", "memoryBacking.hugepages"],
  ["memoryBacking.hardLimitMiB", "memoryBacking.hardLimit"],
  ["memoryBacking.locked", "memoryBacking.locked"],
])("%s has the impact of the setting %s in a plan", (path, setting) => {
  expect(impactOfArgument(path)).toBe(impactOf(setting, { running: true, restrictive: false }));
});

test.each(top.filter(([path]) => !["host", "connection", "domain"].includes(path)))(
  "%s has an example",
  (path, { doc }) => {
    expect(doc.examples.filter((example) => example.includes(`${path}:`))).not.toEqual([]);
  },
);

test.each(top.filter(([path]) => impactOfArgument(path) !== "none"))(
  "%s says libvirt's name and a source",
  (_path, { doc }) => {
    expect(doc.text).toContain("libvirt: ");
    expect(doc.see).not.toEqual([]);
  },
);

const examples = every.flatMap(([path, { doc }]) => doc.examples.map((example) => [path, example] as const));

test.each(examples)("an example of %s is taken by the schema: %s", (_path, example) => {
  const fields = runInThisContext(`({ ${example} })`) as Record<string, unknown>;
  expect(parseArgs({ connection: { host: "kvm-01" }, domain: "db", ...fields })).toHaveProperty("args");
});

describe("reading", () => {
  const read = (text: string) => readArguments(new Map([["x.ts", text]]), ["X"]);

  test("a field without documentation has none", () => {
    expect(read("interface X { a?: pulumi.Input<string> | undefined }")).toEqual([
      {
        path: "a",
        type: "string",
        optional: true,
        doc: { text: "", default: undefined, impact: undefined, see: [], examples: [] },
        fields: [],
      },
    ]);
  });

  test("nested fields, those of a base after its own", () => {
    const fields = read("interface X { a: Y[] } interface Y extends Z { b: number } interface Z { c: 1 | 2 }")[0]
      ?.fields;
    expect(fields?.map(({ path, type }) => `${path}: ${type}`)).toEqual(["a.b: number", "a.c: 1 | 2"]);
  });

  test("a tag that is not known is refused", () => {
    expect(() => read("interface X {\n/** A. @x\n * @deprecated no */ a: string }")).toThrow(
      "unknown tag @deprecated no",
    );
  });

  test("an interface that is not there is refused", () => {
    expect(() => readArguments(new Map(), ["X"])).toThrow("no interface X");
  });
});

describe("HostTuning", () => {
  const host = flat(hostTuningArguments()).map(({ argument }) => [argument.path, argument] as const);

  test("has all arguments, and each once", () => {
    const paths = host.map(([path]) => path);
    expect(new Set(paths).size).toBe(paths.length);
    const names = paths.filter((path) => !path.includes("."));
    const shape = parseHostArgs({
      connection: { host: "h" },
      ...Object.fromEntries(names.filter((name) => name !== "connection").map((name) => [name, []])),
    });
    const unknown = "problems" in shape ? shape.problems.filter(({ reason }) => reason === "unknown argument") : [];
    expect(unknown).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(["cpuGovernor", "hugepages", "isolation", "sysctl", "services"]));
  });

  test.each(host)("%s has documentation, a default and an impact", (path, argument) => {
    expect(argument.doc.text).toMatch(/^\S[\s\S]*[.:]$/m);
    expect(defaultOf(argument)).not.toBe("");
    const impact = argument.doc.impact ?? hostTuningSubject.impact(path);
    expect(impact).toMatch(/^(none|live|host-reboot)\b/);
  });
});

describe("PlacementPlan", () => {
  const plan = flat(placementPlanArguments()).map(({ argument }) => [argument.path, argument] as const);
  const fields = (prefix: string): readonly string[] =>
    plan.map(([path]) => path).filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes("."));

  test("has all arguments, and each once", () => {
    const paths = plan.map(([path]) => path);
    expect(new Set(paths).size).toBe(paths.length);
    const odd = (prefix: string): object =>
      Object.fromEntries(fields(prefix).map((path) => [path.slice(prefix.length), {}]));
    const shape = parsePlanArgs({ hosts: { a: odd("hosts.") }, vms: { b: odd("vms.") } });
    const unknown = "problems" in shape ? shape.problems.filter(({ reason }) => reason === "unknown argument") : [];
    expect(unknown).toEqual([]);
    expect(fields("hosts.").length).toBeGreaterThan(5);
    expect(fields("vms.").length).toBeGreaterThan(15);
  });

  test.each(plan)("%s has documentation, a default and an impact", (_path, argument) => {
    expect(argument.doc.text).toMatch(/^\S[\s\S]*[.:]$/m);
    expect(defaultOf(argument)).not.toBe("");
    expect(argument.doc.impact).toMatch(/^(none|live|vm-restart)$/);
  });
});
