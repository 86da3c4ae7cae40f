import { hugepages } from "../../../../provider/host-tuning/knobs/hugepages";
import { planHost } from "../../../../provider/host-tuning/plan";
import { parseArgs, type KnobArgs } from "../../../../provider/host-tuning/schema";
import { undoAll } from "../../../../provider/host-tuning/undo";
import { snapshotOf, untunedFiles } from "../../../support/snapshot";
import { recordedHosts } from "../../../support/tuned-host/recorded-hosts";
import { simulatedHost } from "../../../support/tuned-host/simulated-host";

const pool = (node: number, pageKiB = 2048) =>
  `/sys/devices/system/node/node${node}/hugepages/hugepages-${pageKiB}kB/nr_hugepages`;
const rows = (desired: unknown, files: Record<string, string>) =>
  hugepages.settings(hugepages.schema.parse(desired), snapshotOf({ files }));

test.each(["2M", "2m", "2MiB", "2048K", "2048kB", " 2 M "])("takes the size %j for 2M", (size) => {
  expect(rows([{ size, nodes: { 0: 5 } }], untunedFiles())).toMatchObject([
    { name: "hugepages.2M.node0", desired: "5", actual: "0", source: pool(0), impact: "live" },
  ]);
});

test("takes the sizes of a machine with 64K pages, and refuses others with what there is", () => {
  const files = recordedHosts["64K pages on arm64"] ?? {};
  expect(rows([{ size: "512M", nodes: { 1: 2 } }], files)).toMatchObject([
    { name: "hugepages.512M.node1", actual: "0" },
  ]);
  expect(rows([{ size: "1G", nodes: { 1: 1 } }], files)[0]?.problem).toBe(
    "node 1 has no huge pages of 1G; this host has 16G, 2M, 512M",
  );
});

test("knows nodes by their number, not by their place", () => {
  const files = recordedHosts["nodes 0 and 8, the latter without CPUs"] ?? {};
  expect(rows([{ size: "2M", nodes: { 8: 3 } }], files)).toMatchObject([
    { name: "hugepages.2M.node8", source: pool(8) },
  ]);
  expect(rows([{ size: "2M", nodes: { 1: 3 } }], files)[0]?.problem).toBe("this host has no NUMA node 1");
});

test("shrinks before it grows, whatever the order in the program", () => {
  const files = { ...untunedFiles(), [pool(0)]: "1000", [pool(1)]: "0" };
  const args = { hugepages: [{ size: "2M", nodes: { "1": 1000, "0": 10 } }] } as unknown as KnobArgs;
  const plan = planHost(args, snapshotOf({ files }));
  expect(plan.changes.map(({ setting }) => setting).slice(0, 2)).toEqual(["hugepages.2M.node0", "hugepages.2M.node1"]);
  expect(plan.steps.flatMap((step) => (step.kind === "writeValues" ? [step.setting] : []))).toEqual([
    "hugepages.2M.node0",
    "hugepages.2M.node1",
  ]);
});

test("observes the counts of the named nodes alone, in the program's spelling of the size", () => {
  const desired = hugepages.schema.parse([{ size: "2048K", nodes: { 1: 7, 5: 9 } }]);
  const files = { ...untunedFiles(), [pool(1)]: "6", [pool(0)]: "3" };
  expect(hugepages.observe(desired, snapshotOf({ files }))).toEqual([{ size: "2048K", nodes: { "1": 6, "5": 9 } }]);
});

test("the default page size is nobody's but kernelArguments', the pools are", () => {
  const problems = (key: string) => {
    const parsed = parseArgs({
      connection: { host: "kvm-01", insecureIgnoreHostKey: true },
      hugepages: [{ size: "1G", nodes: { 0: 1 } }],
      kernelArguments: { [key]: "1G" },
    });
    return "problems" in parsed ? parsed.problems.map(({ reason }) => reason) : [];
  };
  expect(problems("default_hugepagesz")).toEqual([]);
  expect(problems("hugepagesz")).toEqual([
    'is written by hugepages: give one of kernelArguments["hugepagesz"] and hugepages',
  ]);
});

test("what a boot has reserved for us is not what undo gives back: the original is recorded before that boot", () => {
  const path = pool(0, 1048576);
  const host = simulatedHost({
    ...untunedFiles(),
    "/sys/devices/system/node/node0/meminfo": "Node 0 MemTotal: 67108864 kB",
    "/proc/version": "Linux version 6.1.0-56-amd64",
    [path]: "1",
  });
  const args = (pages: number) => ({ hugepages: [{ size: "1G", nodes: { "0": pages } }] }) as KnobArgs;
  const steps = (pages: number) => planHost(args(pages), host.snapshot()).steps;
  const undo = () => undoAll(host.snapshot());

  expect(steps(16)).toEqual([
    {
      kind: "recordValues",
      entry: "0001-hugepages.1G.node0",
      setting: "hugepages.1G.node0",
      paths: [path],
      awaited: [{ path, value: "16" }],
    },
  ]);
  host.run(steps(16));
  // Asked again before the boot, there is nothing more to record; and nothing to take back.
  expect(steps(16)).toEqual([]);
  expect([undo().changes, undo().left]).toEqual([[], []]);

  host.write({ [path]: "16" });
  expect(steps(16)).toEqual([]);
  const back = (actual: string) => [{ setting: "hugepages.1G.node0", actual, desired: "1", impact: "live" }];
  expect([undo().changes, undo().left]).toEqual([back("16"), []]);

  host.run(steps(8));
  expect([undo().changes, undo().left]).toEqual([back("8"), []]);
  // A second growth belongs to the same entry.
  expect(steps(12)).toMatchObject([
    { kind: "recordValues", entry: "0001-hugepages.1G.node0", awaited: [{ value: "12" }] },
  ]);
  host.run(steps(12));
  host.write({ [path]: "12" });
  expect([undo().changes, undo().left]).toEqual([back("12"), []]);
  host.run(undo().steps);
  expect(host.snapshot().files.text(path)).toBe("1");
  expect(host.snapshot().journal).toEqual([]);
});
