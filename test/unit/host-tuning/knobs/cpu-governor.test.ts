import { cpuGovernor } from "../../../../provider/host-tuning/knobs/cpu-governor";
import { snapshotOf } from "../../../support/snapshot";

interface Cpu {
  readonly governor: string;
  readonly driver?: string;
  readonly available?: string;
}

function host(cpus: Readonly<Record<number, Cpu>>) {
  const folder = (cpu: string) => `/sys/devices/system/cpu/cpu${cpu}/cpufreq`;
  const files = Object.entries(cpus).flatMap(([cpu, { governor, driver = "acpi-cpufreq", available }]) => [
    [`${folder(cpu)}/scaling_governor`, governor],
    [`${folder(cpu)}/scaling_driver`, driver],
    [`${folder(cpu)}/scaling_available_governors`, available ?? "performance schedutil"],
  ]);
  return snapshotOf({ files: Object.fromEntries(files) as Record<string, string> });
}
const all = (count: number, cpu: Cpu) => host(Object.fromEntries(Array.from({ length: count }, (_, id) => [id, cpu])));
const row = (desired: string, snapshot: ReturnType<typeof host>) => cpuGovernor.settings(desired, snapshot)[0];

const passive = (argument: string) => `. The kernel argument ${argument} gives frequencies to the kernel's governors`;
const refused = [
  ["acpi-cpufreq", "", "performance schedutil", "interactive", ""],
  ["intel_pstate", " in active mode", "performance powersave", "schedutil", passive("intel_pstate=passive")],
  ["intel_pstate", " in active mode", "performance powersave", "interactive", ""],
  [
    "amd-pstate-epp",
    ", which is amd_pstate in active mode",
    "performance powersave",
    "ondemand",
    passive("amd_pstate=passive"),
  ],
  ["intel_cpufreq", ", which is intel_pstate in passive mode", "performance schedutil", "interactive", ""],
] as const;
test.each(refused)("driver %s%s, which offers %s, is refused %s", (driver, mode, ...[available, desired, advice]) => {
  expect(row(desired, all(2, { governor: "performance", driver, available }))?.problem).toBe(
    `cpu0 (driver ${driver}${mode}) has no governor ${desired}; it offers ${available.replace(" ", ", ")}${advice}`,
  );
});

test.each([
  ["acpi-cpufreq", "performance schedutil", "performance"],
  // A module that the kernel loads when its name is written is not in the list.
  ["acpi-cpufreq", "performance schedutil", "ondemand"],
  ["intel_cpufreq", "performance schedutil", "conservative"],
  ["intel_pstate", "performance powersave", "powersave"],
  // No list at all: what is written is read back.
  ["cppc_cpufreq", "", "whatever"],
])("driver %s, which offers %j, is given %s", (driver, available, desired) => {
  expect(row(desired, all(2, { governor: "performance", driver, available }))?.problem).toBeUndefined();
});

test("names the CPU whose driver differs", () => {
  const snapshot = host({
    0: { governor: "schedutil" },
    9: { governor: "powersave", driver: "intel_pstate", available: "performance powersave" },
  });
  expect(row("schedutil", snapshot)?.problem).toBe(
    `cpu9 (driver intel_pstate in active mode) has no governor schedutil; it offers performance, powersave${passive("intel_pstate=passive")}`,
  );
});

test("shows mixed governors with their CPUs, in the order of numbers and not of texts", () => {
  const cpus = Object.fromEntries(
    [0, 1, 2, 10, 11].map((id) => [id, { governor: id > 1 ? "schedutil" : "performance" }]),
  );
  const snapshot = host(cpus);
  expect(row("performance", snapshot)?.actual).toBe("performance on 0-1, schedutil on 2,10-11");
  expect(row("performance", snapshot)?.write.map(({ path }) => /cpu(\d+)/.exec(path)?.[1])).toEqual([
    "0",
    "1",
    "2",
    "10",
    "11",
  ]);
  expect(cpuGovernor.observe("performance", snapshot)).toEqual([
    { cpus: "0-1", governor: "performance" },
    { cpus: "2,10-11", governor: "schedutil" },
  ]);
});

test("sets given as lists are rows of their own, and other CPUs are left alone", () => {
  const desired = [
    { cpus: "0,1", governor: "performance" },
    { cpus: "3", governor: "schedutil" },
  ];
  const snapshot = all(5, { governor: "schedutil" });
  expect(
    cpuGovernor.settings(desired, snapshot).map(({ name, actual, write }) => [name, actual, write.length]),
  ).toEqual([
    ["cpuGovernor.0-1", "schedutil", 2],
    ["cpuGovernor.3", "schedutil", 1],
  ]);
  expect(cpuGovernor.observe(desired, snapshot)).toEqual([
    { cpus: "0,1", governor: "schedutil" },
    { cpus: "3", governor: "schedutil" },
  ]);
});

test("a CPU that is offline has no cpufreq: it is refused where it was named, and passed over where it was not", () => {
  const snapshot = host({ 0: { governor: "schedutil" }, 2: { governor: "schedutil" } });
  expect(cpuGovernor.settings([{ cpus: "0-3", governor: "performance" }], snapshot)[0]?.problem).toBe(
    "CPUs 1,3 are not on this host, offline, or have no cpufreq driver",
  );
  expect(row("performance", snapshot)?.problem).toBeUndefined();
});

describe("a CPU that the host has and that is offline", () => {
  const snapshot = snapshotOf({
    files: {
      "/sys/devices/system/cpu/present": "0-3",
      "/sys/devices/system/cpu/online": "0,2",
      "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "schedutil",
      "/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor": "schedutil",
    },
  });
  const cpusOf = (paths: readonly object[] | undefined) =>
    paths?.map((one) => /cpu(\d+)\//.exec(JSON.stringify(one))?.[1]);

  test("is not written, and gets its line for when it comes online", () => {
    const all = row("performance", snapshot);
    expect([cpusOf(all?.write), cpusOf(all?.boot), all?.problem, all?.warning]).toEqual([
      ["0", "2"],
      ["0", "2", "1", "3"],
      undefined,
      undefined,
    ]);
  });

  test("is warned of where it was named, and refused where there is none", () => {
    const named = (cpus: string) => cpuGovernor.settings([{ cpus, governor: "performance" }], snapshot)[0];
    expect(named("0-1")).toMatchObject({
      warning: "CPUs 1 are offline: they get it when they come online",
      actual: "schedutil",
    });
    expect(named("3-4")?.problem).toBe("CPUs 4 are not on this host, offline, or have no cpufreq driver");
  });

  test("is as desired, as far as anybody can see, where it is the only one", () => {
    const only = cpuGovernor.settings([{ cpus: "3", governor: "performance" }], snapshot)[0];
    expect(only).toMatchObject({ actual: "performance", unseen: true, write: [] });
    expect(cpusOf(only?.boot)).toEqual(["3"]);
  });
});

test.each([
  [{}, "no CPU has a cpufreq driver (usual in virtual machines, or the firmware keeps frequency control)"],
  [
    { "/proc/cmdline": "root=/dev/vda1 intel_pstate=disable" },
    "no CPU has a cpufreq driver: intel_pstate is switched off (intel_pstate=disable, or its status file) and no other took its place",
  ],
  [
    { "/sys/devices/system/cpu/amd_pstate/status": "off" },
    "no CPU has a cpufreq driver: amd_pstate is switched off (amd_pstate=disable, or its status file) and no other took its place",
  ],
])("says why there is no cpufreq: %j", (files, reason) => {
  expect(row("performance", snapshotOf({ files: files }))?.notApplicable).toBe(reason);
});
