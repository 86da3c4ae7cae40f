/* A run that ended between its files and those who read them: what is owed is shown, done, and then no more owed. */
import { owed } from "../../../provider/host-tuning/reload-commands";
import { owedChanges, withReload } from "../../../provider/host-tuning/reloads";
import type { Step } from "../../../provider/host/step";
import { snapshotOf } from "../../support/snapshot";

const path = "/etc/kvm-tuning/irqbalance.env";
const file: Step = { kind: "writeFile", entry: "0001", setting: path, path, content: "", mode: "0644" };
const names = (steps: readonly Step[]): readonly string[] =>
  steps.map((step) => ("name" in step ? (step.name ?? step.kind) : step.kind));

const untold = snapshotOf({ files: {} });
const told = snapshotOf({ files: { [owed.irqbalance]: "", [owed.systemd]: "" } });

test("what is to be told is noted before the file is written", () => {
  expect(names(withReload([file], untold))).toEqual(["note who is to be told", "writeFile", "restart irqbalance"]);
  expect(withReload([file], untold)[0]).toMatchObject({ argv: expect.arrayContaining([owed.irqbalance]) as unknown });
  expect(withReload([], untold)).toEqual([]);
  expect(owedChanges(untold)).toEqual([]);
});

test("what an earlier run owes is a change, and is done also without a file to write", () => {
  expect(owedChanges(told).map(({ setting, desired }) => [setting, desired])).toEqual([
    ["irqbalance", "read"],
    ["systemd", "read"],
  ]);
  expect(names(withReload([], told))).toEqual(["restart irqbalance", "set systemd's CPUs"]);
  expect(names(withReload([file], told))).toEqual(["writeFile", "restart irqbalance", "set systemd's CPUs"]);
});
