import { bootScript, bootUnit } from "../../../provider/host-tuning/boot-unit";
import { cpuRule, cpuUnit } from "../../../provider/host-tuning/cpu-hotplug";
import { planHost, verifications } from "../../../provider/host-tuning/plan";
import { planText } from "../../../provider/plan-text";
import type { KnobArgs } from "../../../provider/host-tuning/schema";
import { snapshotOf, untunedFiles } from "../../support/snapshot";

const header =
  "# Written by pulumi-kvm-tuning. Change the Pulumi program, not this file: the next `pulumi up` writes it again.";
const sysctlHeader = `# Written by pulumi-kvm-tuning, which overwrites what is changed here.
# Read at boot by systemd-sysctl; see sysctl.d(5).`;
const args = {
  numaBalancing: false,
  sysctl: { "vm.swappiness": "10" },
  cpuGovernor: "performance",
  hugepages: [{ size: "2M", nodes: { "0": 128, "1": 64 } }],
} as KnobArgs;

/** The untuned host after an apply of `args`, as the kernel and the disk would show it. */
function tuned(): Parameters<typeof snapshotOf>[0] {
  const files = untunedFiles();
  for (const cpu of [0, 1, 2, 3]) files[`/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`] = "performance";
  files["/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages"] = "128";
  files["/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages"] = "64";
  files["/proc/sys/kernel/numa_balancing"] = "0";
  files["/proc/sys/vm/swappiness"] = "10";
  files["/etc/sysctl.d/zz-kvm-tuning.conf"] = `${sysctlHeader}\nkernel.numa_balancing = 0\nvm.swappiness = 10`;
  files["/etc/kvm-tuning/boot-values"] = [
    header,
    ...[0, 1, 2, 3].map((cpu) => `/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor performance`),
    "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages 128",
    "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages 64",
  ].join("\n");
  files["/etc/kvm-tuning/apply-boot-values"] = bootScript.trimEnd();
  files["/etc/systemd/system/kvm-tuning.service"] = bootUnit.trimEnd();
  files["/etc/systemd/system/kvm-tuning-cpu@.service"] = cpuUnit.trimEnd();
  files["/etc/udev/rules.d/99-zz-kvm-tuning.rules"] = cpuRule.trimEnd();
  return {
    files,
    links: {
      "/etc/systemd/system/multi-user.target.wants/kvm-tuning.service": "/etc/systemd/system/kvm-tuning.service",
    },
    journal: journal(),
  };
}

function journal() {
  const values = (name: string, setting: string, originals: readonly [string, string, string][]) => ({
    name,
    kind: "values" as const,
    setting,
    paths: originals.map(([path]) => path),
    original: originals.map(([path, before]) => `${path}:${before}`),
    wrote: originals.map(([path, , wrote]) => `${path}:${wrote}`),
  });
  return [
    values(
      "0001-governor",
      "cpuGovernor",
      [0, 1, 2, 3].map((cpu) => [
        `/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`,
        "schedutil",
        "performance",
      ]),
    ),
    values("0002-node0", "hugepages.2M.node0", [
      ["/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "0", "128"],
    ]),
    values("0003-node1", "hugepages.2M.node1", [
      ["/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "0", "64"],
    ]),
    values("0004-numa", "numaBalancing", [["/proc/sys/kernel/numa_balancing", "1", "0"]]),
    values("0005-swap", "sysctl.vm.swappiness", [["/proc/sys/vm/swappiness", "60", "10"]]),
  ];
}

const plannedText = (wanted: KnobArgs, parts: Parameters<typeof snapshotOf>[0]) =>
  planText(planHost(wanted, snapshotOf(parts)).changes);

test("names each setting of an untuned host once, with actual, desired and impact", () => {
  expect(plannedText(args, { files: untunedFiles() })).toEqual({
    cpuGovernor: "schedutil → performance  [live]",
    "hugepages.2M.node0": "0 → 128  [live]",
    "hugepages.2M.node1": "0 → 64  [live]",
    numaBalancing: "1 → 0  [live]",
    "sysctl.vm.swappiness": "60 → 10  [live]",
    "kvm-tuning.service": "(absent) → enabled  [live]",
  });
});

test("plans nothing, not even a step, for a host that is as wanted", () => {
  const plan = planHost(args, snapshotOf(tuned()));
  expect(plan.changes).toEqual([]);
  expect(plan.steps).toEqual([]);
});

test("writes persistent files before running values, and tells systemd in between", () => {
  const { steps } = planHost(args, snapshotOf({ files: untunedFiles() }));
  expect(
    steps.map((step) => (step.kind === "run" ? step.argv.join(" ") : "setting" in step ? step.setting : "")),
  ).toEqual([
    "/etc/sysctl.d/zz-kvm-tuning.conf",
    "/etc/kvm-tuning/boot-values",
    "/etc/kvm-tuning/apply-boot-values",
    "/etc/systemd/system/kvm-tuning.service",
    "/etc/systemd/system/kvm-tuning-cpu@.service",
    "/etc/udev/rules.d/99-zz-kvm-tuning.rules",
    "kvm-tuning.service",
    "systemctl daemon-reload",
    "udevadm control --reload",
    "cpuGovernor",
    "hugepages.2M.node0",
    "hugepages.2M.node1",
    "numaBalancing",
    "sysctl.vm.swappiness",
  ]);
});

test("gives every target its own journal entry, in the order of the writes", () => {
  const { steps } = planHost(args, snapshotOf({ files: untunedFiles() }));
  const entries = steps.flatMap((step) => ("entry" in step ? [step.entry] : []));
  expect(new Set(entries).size).toBe(entries.length);
  expect(entries).toEqual([...entries].sort());
});

test("names a running value that drifted, and only that", () => {
  const host = tuned();
  const files = { ...host.files, "/proc/sys/vm/swappiness": "33" };
  expect(plannedText(args, { ...host, files })).toEqual({ "sysctl.vm.swappiness": "33 → 10  [live]" });
});

test("names a value that only the next boot would get wrong", () => {
  const host = tuned();
  const files = {
    ...host.files,
    "/etc/sysctl.d/zz-kvm-tuning.conf": `${sysctlHeader}\nkernel.numa_balancing = 0\nvm.swappiness = 99`,
  };
  expect(plannedText(args, { ...host, files })).toEqual({ "sysctl.vm.swappiness (at boot)": "99 → 10  [live]" });
});

test("names a unit that was disabled by hand", () => {
  expect(plannedText(args, { ...tuned(), links: {} })).toEqual({ "kvm-tuning.service": "disabled → enabled  [live]" });
});

test("names a line that somebody added to our file", () => {
  const host = tuned();
  const files = {
    ...host.files,
    "/etc/sysctl.d/zz-kvm-tuning.conf": `${sysctlHeader}\nkernel.numa_balancing = 0\nvm.dirty_ratio = 5\nvm.swappiness = 10`,
  };
  expect(plannedText(args, { ...host, files })).toEqual({
    "/proc/sys/vm/dirty_ratio (at boot)": "5 → (absent)  [live]",
  });
});

test("puts an argument that left the program back to its original, now and at boot, as one change", () => {
  const { sysctl: _dropped, ...rest } = args;
  const plan = planHost(rest, snapshotOf(tuned()));
  expect(planText(plan.changes)).toEqual({ "sysctl.vm.swappiness": "10 → 60  [live]" });
  expect(plan.steps.map((step) => step.kind)).toEqual(["writeFile", "restoreValues"]);
});

test("leaves a dropped setting that somebody else has changed since, and says so", () => {
  const { sysctl: _dropped, ...rest } = args;
  const host = tuned();
  const plan = planHost(rest, snapshotOf({ ...host, files: { ...host.files, "/proc/sys/vm/swappiness": "33" } }));
  expect(plan.warnings).toEqual([
    "sysctl.vm.swappiness: no longer in the program, but left as it is (33): someone else has changed it since",
  ]);
  expect(plan.steps).toContainEqual({ kind: "forget", entry: "0005-swap" });
});

test("keeps the original of CPUs that stay managed when the set of CPUs shrinks", () => {
  const plan = planHost({ ...args, cpuGovernor: [{ cpus: "0-1", governor: "performance" }] }, snapshotOf(tuned()));
  expect(planText(plan.changes)).toMatchObject({ cpuGovernor: "performance → schedutil  [live]" });
  expect(plan.steps).toContainEqual({
    kind: "writeValues",
    entry: "0001-governor",
    setting: "cpuGovernor",
    values: [2, 3].map((cpu) => ({
      path: `/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`,
      value: "schedutil",
    })),
  });
});

test("records the original of a setting that is as wanted from the start", () => {
  const files = { ...untunedFiles(), "/proc/sys/vm/swappiness": "10" };
  const plan = planHost({ sysctl: { "vm.swappiness": "10" } }, snapshotOf({ files }));
  expect(planText(plan.changes)).toEqual({ "sysctl.vm.swappiness (at boot)": "(absent) → 10  [live]" });
  expect(plan.steps).toContainEqual({
    kind: "recordValues",
    entry: "0002-sysctl.vm.swappiness",
    setting: "sysctl.vm.swappiness",
    paths: ["/proc/sys/vm/swappiness"],
  });
});

test("lists every impossible wish with its reason", () => {
  const { problems } = planHost(
    {
      cpuGovernor: [{ cpus: "2-5", governor: "performance" }],
      hugepages: [
        { size: "2M", nodes: { "0": 2048, "5": 1 } },
        { size: "16M", nodes: { "1": 1 } },
      ],
      sysctl: { "vm.swapiness": "10" },
    },
    snapshotOf({ files: untunedFiles() }),
  );
  expect(problems).toEqual([
    { path: "cpuGovernor.2-5", reason: "CPUs 4-5 are not on this host, offline, or have no cpufreq driver" },
    {
      path: "hugepages.2M.node0",
      reason:
        "2048 pages of 2M are 4096 MiB; with 1024 MiB in reserve that is more than the 4096 MiB of node 0: ask for at most 1536, or set reserveMiB",
    },
    { path: "hugepages.2M.node5", reason: "this host has no NUMA node 5" },
    { path: "hugepages.16M.node1", reason: "node 1 has no huge pages of 16M; this host has 1G, 2M" },
    {
      path: "sysctl.vm.swapiness",
      reason:
        "this host has no readable /proc/sys/vm/swapiness: check the spelling, or load the kernel module that makes it",
    },
  ]);
});

test("shows a feature that the host lacks as not applicable, and plans nothing for it", () => {
  const files = Object.fromEntries(Object.entries(untunedFiles()).filter(([path]) => !path.includes("/cpufreq/")));
  const plan = planHost({ cpuGovernor: "performance" }, snapshotOf({ files }));
  expect(plan.changes).toEqual([]);
  expect(plan.steps).toEqual([]);
  expect(plan.warnings).toEqual([
    "cpuGovernor: not applicable: no CPU has a cpufreq driver (usual in virtual machines, or the firmware keeps frequency control)",
  ]);
});

test("verifies each setting with where it was read", () => {
  const host = tuned();
  const files = { ...host.files, "/proc/sys/vm/swappiness": "33" };
  expect(verifications({ sysctl: { "vm.swappiness": "10" } }, snapshotOf({ ...host, files }))).toEqual([
    {
      check: "sysctl.vm.swappiness",
      expected: "10",
      actual: "33",
      source: "/proc/sys/vm/swappiness",
      verdict: "fail",
    },
  ]);
});

test("plans the same from the same values in another order", () => {
  const a = planHost({ sysctl: { "vm.swappiness": "10", "kernel.pid_max": "9" } }, snapshotOf(tuned()));
  const b = planHost({ sysctl: { "kernel.pid_max": "9", "vm.swappiness": "10" } }, snapshotOf(tuned()));
  expect(b).toEqual(a);
});
