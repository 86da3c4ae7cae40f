import { planHost } from "../../../provider/host-tuning/plan";
import { parseArgs } from "../../../provider/host-tuning/schema";
import { presets, type HostTuningArgs } from "../../../sdk";
import { snapshotOf, untunedFiles } from "../../support/snapshot";

const connection = { host: "kvm-01", insecureIgnoreHostKey: true };
const named = Object.entries(presets);

test("the four presets", () => {
  expect(Object.keys(presets)).toEqual(["database", "nfv", "realTime", "virtualization"]);
});

test.each(named)("%s passes the schema", (_name, preset) => {
  const parsed = parseArgs({ connection, ...preset });
  expect(parsed).toHaveProperty("args");
});

test.each(named)("%s is spread and overridden, with the types of HostTuning", (_name, preset) => {
  const args: HostTuningArgs = { connection, ...preset, sysctl: { ...preset.sysctl, "vm.swappiness": 0 } };
  expect(parseArgs({ ...args })).toHaveProperty("args.sysctl", expect.objectContaining({ "vm.swappiness": "0" }));
});

test.each(named)("%s names no CPU and no page, and needs no reboot", (_name, preset) => {
  expect(Object.keys(preset)).not.toEqual(expect.arrayContaining(["hugepages"]));
  const parsed = parseArgs({ connection, ...preset });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const sysctls = Object.keys(preset.sysctl).map((key) => [`/proc/sys/${key.replaceAll(".", "/")}`, "77"]);
  const rt = { "/proc/sys/kernel/sched_rt_runtime_us": "950000", "/proc/sys/kernel/sched_rt_period_us": "1000000" };
  const files = { ...untunedFiles(), ...rt, ...(Object.fromEntries(sysctls) as Record<string, string>) };
  const plan = planHost(parsed.args, snapshotOf({ files }));
  expect(plan.problems).toEqual([]);
  expect(plan.changes.filter(({ impact }) => impact !== "live")).toEqual([]);
  expect(plan.changes.map(({ setting }) => setting)).toContain("sysctl.vm.swappiness");
});
