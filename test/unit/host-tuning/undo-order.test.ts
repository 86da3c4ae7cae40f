/* What stands in each other's way when it comes back: siblings, and the preference that a governor fixes. */
import type { Step } from "../../../provider/host/step";
import { planHost } from "../../../provider/host-tuning/plan";
import type { KnobArgs } from "../../../provider/host-tuning/schema";
import { undoAll } from "../../../provider/host-tuning/undo";
import { recordedHosts } from "../../support/tuned-host/recorded-hosts";
import { simulatedHost } from "../../support/tuned-host/simulated-host";

const cpu = "/sys/devices/system/cpu";
const intel = "intel_pstate active, one node, CPU 3 offline";
const preference = (id: number) => `${cpu}/cpu${id}/cpufreq/energy_performance_preference`;

function tuned(wanted: unknown, where = intel) {
  const host = simulatedHost(recordedHosts[where] ?? {});
  const steps = planHost(wanted as KnobArgs, host.snapshot()).steps;
  host.run(steps);
  const written = steps.flatMap((step) => (step.kind === "writeValues" ? [step.setting] : []));
  return { host, written };
}
const restored = (host: ReturnType<typeof simulatedHost>) =>
  undoAll(host.snapshot()).steps.flatMap((step) => (step.kind === "restoreValues" ? [step.setting] : []));

test("the governor is written before the preference and comes back before it", () => {
  const { host, written } = tuned({ energyPerformancePreference: "performance", cpuGovernor: "performance" });
  expect(written).toEqual(["cpuGovernor", "energyPerformancePreference"]);
  expect(restored(host)).toEqual(["cpuGovernor", "energyPerformancePreference"]);
});

test("a boot writes the preference last and SMT first", () => {
  const { host } = tuned({ smt: "off", energyPerformancePreference: "power", cpuGovernor: "powersave" });
  const lines = host.snapshot().files.text("/etc/kvm-tuning/boot-values")?.split("\n").slice(1);
  expect(lines?.map((line) => line.split("/").at(-1))).toEqual([
    "control off",
    ...[0, 1, 2, 3].map(() => "scaling_governor powersave"),
    ...[0, 1, 2, 3].map(() => "energy_performance_preference power"),
  ]);
});

test("a preference that left the program stays where the governor fixes it, and is said", () => {
  const { host } = tuned({ energyPerformancePreference: "performance", cpuGovernor: "performance" });
  const plan = planHost({ cpuGovernor: "performance" }, host.snapshot());
  expect(plan.warnings).toContain(
    "energyPerformancePreference: no longer in the program, but left as it is (performance): the governor performance fixes it",
  );
  host.run(plan.steps);
  expect(host.snapshot().files.text(preference(0))).toBe("performance");
});

test("SMT goes off after all other values, and comes on before them", () => {
  const { host, written } = tuned({ smt: "off", cpuGovernor: "performance" });
  expect(written).toEqual(["cpuGovernor", "smt"]);
  expect(restored(host)).toEqual(["smt", "cpuGovernor"]);
});

test("a sibling that SMT brings back gets its original too", () => {
  const { host } = tuned({ smt: "off", cpuGovernor: "performance" }, "two nodes with acpi-cpufreq");
  const governor = (id: number) => `${cpu}/cpu${id}/cpufreq/scaling_governor`;
  const before = host.snapshot();
  const offline = (path: string) => /\/cpu[23]\//.test(path);
  const files = { ...before.files, text: (path: string) => (offline(path) ? undefined : before.files.text(path)) };
  const step = undoAll({ ...before, files }).steps.find((one) => "setting" in one && one.setting === "cpuGovernor");
  expect(step).toMatchObject({ values: [0, 1, 2, 3].map((id) => ({ path: governor(id), value: "schedutil" })) });
});

test("siblings are back before PID 1 gets its CPUs back, which may be theirs", () => {
  const wanted = { smt: "off", cpuGovernor: "performance", systemdCpuAffinity: "0" };
  const { host } = tuned(wanted, "two nodes with acpi-cpufreq");
  const order = (steps: readonly Step[]) =>
    steps.flatMap((step) => (step.kind === "restoreFile" || !("setting" in step) ? [] : [step.setting]));
  const all = ["reloads", "kvm-tuning.service", "udev", "smt", "systemd", "cpuGovernor"];
  expect(order(undoAll(host.snapshot()).steps)).toEqual(all);
  expect(order(planHost({}, host.snapshot()).steps)).toEqual(all);
});

test("forced off stays so, and is said", () => {
  const { host } = tuned({ smt: "forceoff" });
  expect(undoAll(host.snapshot()).left).toEqual([{ setting: "smt", actual: "forceoff", why: "only a boot ends it" }]);
  expect(restored(host)).toEqual([]);
});

test("a unit for CPUs that come online is there where a CPU has values, and gone with them", () => {
  const rule = "/etc/udev/rules.d/99-zz-kvm-tuning.rules";
  const { host } = tuned({ cpuGovernor: "performance" });
  expect(host.snapshot().files.text(rule)?.split("\n")[1]).toBe(
    'SUBSYSTEM=="cpu", ACTION=="online", RUN+="/bin/systemctl --no-block restart kvm-tuning-cpu@%k.service"',
  );
  expect(host.commands).toEqual(["systemctl daemon-reload", "udevadm control --reload"]);
  host.write({ [rule]: "# gone" });
  expect(planHost({ cpuGovernor: "performance" }, host.snapshot()).changes).toEqual([
    { setting: "kvm-tuning.service", actual: "changed", desired: "enabled", impact: "live" },
  ]);
  expect(tuned({ smt: "off" }).host.snapshot().files.text(rule)).toBeUndefined();
});
