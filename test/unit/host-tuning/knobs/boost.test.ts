import { boost } from "../../../../provider/host-tuning/knobs/boost";
import { bootFiles } from "../../../../provider/host-tuning/boot-values";
import { snapshotOf } from "../../../support/snapshot";

const folder = "/sys/devices/system/cpu";
const noTurbo = `${folder}/intel_pstate/no_turbo`;
const wholeHost = `${folder}/cpufreq/boost`;
const own = (cpu: number) => `${folder}/cpu${cpu}/cpufreq/boost`;
const host = (files: Record<string, string>) => snapshotOf({ files });
const row = (desired: boolean, files: Record<string, string>) => boost.settings(desired, host(files))[0];

interface Case {
  readonly files: Record<string, string>;
  readonly desired: boolean;
  readonly actual: string;
  readonly write: readonly (readonly [path: string, value: string])[];
}
const cases: Readonly<Record<string, Case>> = {
  "intel_pstate, which says the opposite": {
    files: { [noTurbo]: "0" },
    desired: false,
    actual: "on",
    write: [[noTurbo, "1"]],
  },
  "intel_pstate, off already": { files: { [noTurbo]: "1" }, desired: false, actual: "off", write: [[noTurbo, "1"]] },
  "one file for the host": { files: { [wholeHost]: "1" }, desired: false, actual: "on", write: [[wholeHost, "0"]] },
  "both: intel_pstate's counts": {
    files: { [noTurbo]: "1", [wholeHost]: "1" },
    desired: true,
    actual: "off",
    write: [[noTurbo, "0"]],
  },
  "a file for each CPU": {
    files: { [own(0)]: "1", [own(1)]: "0" },
    desired: true,
    actual: "off on 1, on on 0",
    write: [
      [own(0), "1"],
      [own(1), "1"],
    ],
  },
};
test.each(Object.entries(cases))("%s", (_name, { files, desired, actual, write }) => {
  const values = write.map(([path, value]) => ({ path, value }));
  const found = row(desired, files);
  expect(found).toMatchObject({ name: "boost", desired: desired ? "on" : "off", actual, write: values });
  expect(found?.boot).toEqual(values.map((one) => ({ kind: "path", ...one })));
});

test("keeps the file's own word for the boot", () => {
  const [values] = bootFiles(boost.settings(false, host({ [noTurbo]: "0" })));
  expect(values?.content.split("\n")[1]).toBe(`${noTurbo} 1`);
});

test("a host with one file and CPUs that differ is said, not fought", () => {
  const files = { [wholeHost]: "1", [own(0)]: "1", [own(3)]: "0" };
  expect(row(true, files)?.warning).toBe(
    "boost is on for the host, but CPUs 3 have it off by themselves (cpu<n>/cpufreq/boost)",
  );
  expect(row(false, files)?.warning).toBeUndefined();
});

test.each([
  [{}, "no CPU has a cpufreq driver (usual in virtual machines, or the firmware keeps frequency control)"],
  [
    { [`${folder}/cpu0/cpufreq/scaling_driver`]: "cppc_cpufreq" },
    "the CPUs have no boost, the firmware has switched it off, or the driver cannot: there is no file for it",
  ],
])("is not applicable with %j", (files, reason) => {
  expect(row(true, files as Record<string, string>)?.notApplicable).toBe(reason);
});

test.each([
  [{ [noTurbo]: "1" }, true, false],
  [{ [own(0)]: "1", [own(1)]: "0" }, true, false],
  [{ [own(0)]: "1", [own(1)]: "0" }, false, true],
  [{}, true, true],
])("observes %j, where %s was wanted, as %s", (files, desired, observed) => {
  expect(boost.observe(desired, host(files as Record<string, string>))).toBe(observed);
});
