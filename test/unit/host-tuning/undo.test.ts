import type { JournalEntry } from "../../../provider/host/journal";
import { undoAll, undoValues } from "../../../provider/host-tuning/undo";
import { snapshotOf } from "../../support/snapshot";

const governor = (cpu: number) => `/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`;
const pool = "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages";
const ports = "/proc/sys/net/ipv4/ip_local_port_range";
const conf = "/etc/sysctl.d/zz-kvm-tuning.conf";
const unit = "/etc/systemd/system/kvm-tuning.service";

type Value = readonly [path: string, original: string, wrote: string];
const values = (name: string, setting: string, all: readonly Value[]): JournalEntry => ({
  name,
  kind: "values",
  setting,
  paths: all.map(([path]) => path),
  original: all.map(([path, original]) => `${path}:${original}`),
  wrote: all.map(([path, , wrote]) => `${path}:${wrote}`),
});
const file = (name: string, path: string, original: string): JournalEntry => ({
  name,
  kind: "file",
  setting: path,
  paths: [path],
  original: [original],
  wrote: ["aaaa"],
});
const governors = values("0002-governor", "cpuGovernor", [
  [governor(0), "schedutil", "performance"],
  [governor(1), "powersave", "performance"],
]);
const pages = values("0003-pages", "hugepages.2M.node0", [[pool, "4", "128"]]);

test("goes backwards: the boot script's files and then the values, each the last written first", () => {
  const undo = undoAll(
    snapshotOf({
      journal: [file("0001-conf", conf, "absent"), file("0002-unit", unit, "absent"), governors, pages],
      files: { [governor(0)]: "performance", [governor(1)]: "performance", [pool]: "128" },
      journalledFiles: { [conf]: "file 644 0:0 aaaa", [unit]: "file 644 0:0 aaaa" },
      units: { "kvm-tuning.service": { activeState: "active" } },
    }),
  );
  expect(undo.steps).toEqual([
    { kind: "run", setting: "kvm-tuning.service", argv: ["systemctl", "stop", "kvm-tuning.service"] },
    { kind: "restoreFile", path: unit, entry: "0002-unit" },
    { kind: "restoreFile", path: conf, entry: "0001-conf" },
    { kind: "run", setting: "kvm-tuning.service", argv: ["systemctl", "daemon-reload"] },
    {
      kind: "restoreValues",
      entry: "0003-pages",
      setting: "hugepages.2M.node0",
      values: [{ path: pool, value: "4" }],
      settle: { attempts: 5 },
    },
    {
      kind: "restoreValues",
      entry: "0002-governor",
      setting: "cpuGovernor",
      values: [
        { path: governor(0), value: "schedutil" },
        { path: governor(1), value: "powersave" },
      ],
    },
  ]);
  expect(undo.changes.map(({ setting, actual, desired }) => [setting, actual, desired])).toEqual([
    ["hugepages.2M.node0", "128", "4"],
    ["cpuGovernor", "performance", "schedutil, powersave"],
    [unit, "written by this resource", null],
    [conf, "written by this resource", null],
  ]);
  expect(undo.left).toEqual([]);
});

test.each([
  ["128", "what we wrote", [["128", "4"]]],
  ["77", "what the kernel granted in part", [["77", "4"]]],
  ["4", "the original", []],
])("a pool of %s pages (%s) is ours", (now, _name, changes) => {
  const undo = undoValues([pages], snapshotOf({ journal: [pages], files: { [pool]: now } }));
  expect(undo.changes.map(({ actual, desired }) => [actual, desired])).toEqual(changes);
  expect(undo.steps.map((step) => step.kind)).toEqual([changes.length === 0 ? "forget" : "restoreValues"]);
  expect(undo.left).toEqual([]);
});

test("a value of somebody else is named and left, and the entry is dropped", () => {
  const undo = undoAll(snapshotOf({ journal: [pages], files: { [pool]: "129" } }));
  expect(undo.left).toEqual([{ setting: "hugepages.2M.node0", actual: "129" }]);
  expect(undo.changes).toEqual([]);
  expect(undo.steps).toEqual([{ kind: "forget", entry: "0003-pages" }]);
});

test("of one entry the part that is still ours comes back, and the other is named", () => {
  const files = { [governor(0)]: "performance", [governor(1)]: "ondemand" };
  const undo = undoAll(snapshotOf({ journal: [governors], files }));
  expect(undo.left).toEqual([{ setting: "cpuGovernor", actual: "ondemand" }]);
  expect(undo.steps).toEqual([
    {
      kind: "restoreValues",
      entry: "0002-governor",
      setting: "cpuGovernor",
      values: [{ path: governor(0), value: "schedutil" }],
    },
  ]);
});

test("a CPU that has gone offline has nothing to restore and stops nobody", () => {
  const undo = undoAll(snapshotOf({ journal: [governors], files: { [governor(0)]: "performance" } }));
  expect(undo.left).toEqual([]);
  expect(undo.steps).toMatchObject([{ values: [{ path: governor(0), value: "schedutil" }] }]);
});

test("an entry of which a part stays managed is written, not dropped", () => {
  const part = { ...governors, paths: [governor(1)] };
  const files = { [governor(0)]: "performance", [governor(1)]: "performance" };
  expect(undoValues([part], snapshotOf({ journal: [governors], files })).steps).toEqual([
    {
      kind: "writeValues",
      entry: "0002-governor",
      setting: "cpuGovernor",
      values: [{ path: governor(1), value: "powersave" }],
    },
  ]);
});

test("tabs of the kernel are blanks on the screen, and the original's own bytes in the step", () => {
  const entry = values("0001-p", "sysctl.ports", [[ports, "32768\t60999", "10000 65000"]]);
  const undo = undoAll(snapshotOf({ journal: [entry], files: { [ports]: "10000\t65000" } }));
  expect(undo.changes).toMatchObject([{ actual: "10000 65000", desired: "32768 60999" }]);
  expect(undo.steps).toMatchObject([{ values: [{ path: ports, value: "32768\t60999" }] }]);
  const back = snapshotOf({ journal: [entry], files: { [ports]: "32768\t60999" } });
  expect(undoAll(back).changes).toEqual([]);
});

test("a choice is compared by its word", () => {
  const path = "/sys/kernel/mm/transparent_hugepage/enabled";
  const entry = values("0001-t", "thp", [[path, "[always] madvise never", "madvise"]]);
  const now = (text: string) => undoAll(snapshotOf({ journal: [entry], files: { [path]: text } }));
  expect(now("always [madvise] never").changes).toMatchObject([{ actual: "madvise", desired: "always" }]);
  expect(now("[always] madvise never").changes).toEqual([]);
  expect(now("always madvise [never]").left).toEqual([{ setting: "thp", actual: "never" }]);
});

test.each([
  ["file 644 0:0 bbbb", [{ setting: conf, actual: "its content is not ours" }], ["forget"]],
  ["file 600 0:0 aaaa", [], ["restoreFile"]],
  ["absent", [], ["restoreFile"]],
])("a file that is now %s", (now, left, kinds) => {
  const undo = undoAll(snapshotOf({ journal: [file("0001-conf", conf, "absent")], journalledFiles: { [conf]: now } }));
  expect(undo.left).toEqual(left);
  expect(undo.steps.map((step) => step.kind)).toEqual(kinds);
});
