/* Interrupts, irqbalance, systemd's CPUs, workers: where the host's own work runs. */
import { knobs } from "../../../../provider/host-tuning/registry";
import { planHost, verifications } from "../../../../provider/host-tuning/plan";
import { parseArgs } from "../../../../provider/host-tuning/schema";
import { undoAll } from "../../../../provider/host-tuning/undo";
import { snapshotOf } from "../../../support/snapshot";
import { recordedHosts } from "../../../support/tuned-host/recorded-hosts";
import { simulatedHost } from "../../../support/tuned-host/simulated-host";

const connection = { host: "kvm-01", insecureIgnoreHostKey: true };
const files = recordedHosts["sixty-four possible CPUs, eight online"] ?? {};
const cpu = "/sys/devices/system/cpu";
const parsed = (given: Record<string, unknown>) => {
  const result = parseArgs({ connection, ...given });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  return result.args;
};
const problems = (given: Record<string, unknown>) => {
  const result = parseArgs({ connection, ...given });
  return "problems" in result ? result.problems.map(({ path, reason }) => `${path}: ${reason}`) : [];
};
const plan = (given: Record<string, unknown>, more: Record<string, string> = {}) =>
  planHost(parsed(given), snapshotOf({ files: { ...files, ...more } }));

describe("masks", () => {
  test("are written as wide as the kernel prints them, and shown as lists", () => {
    const host = simulatedHost(files);
    const args = parsed({ workqueueCpus: "0-1,4", irqAffinity: { default: "0" } });
    const { changes, steps } = planHost(args, host.snapshot());
    expect(changes).toContainEqual({ setting: "workqueueCpus", actual: "0-7", desired: "0-1,4", impact: "live" });
    host.run(steps);
    expect(host.snapshot().files.text("/sys/devices/virtual/workqueue/cpumask")).toBe("00000000,00000013");
    expect(host.snapshot().files.text("/proc/irq/default_smp_affinity")).toBe("00000000,00000001");
    expect(planHost(args, host.snapshot()).changes).toEqual([]);
  });

  test("CPUs that are not there, or all offline, are refused", () => {
    expect(plan({ workqueueCpus: "0,64" }).problems).toEqual([
      { path: "workqueueCpus", reason: "CPUs 64 are not on this host, which has 0-7" },
    ]);
    expect(plan({ workqueueCpus: "6-7" }, { [`${cpu}/online`]: "0-5" }).problems).toEqual([
      { path: "workqueueCpus", reason: "CPUs 6-7 are all offline" },
    ]);
  });

  test("drift is a list", () => {
    const snapshot = snapshotOf({ files });
    expect(knobs.workqueueCpus.observe("0-1", snapshot)).toBe("0-7");
    expect(knobs.workqueueCpus.observe("0-7", snapshot)).toBe("0-7");
    expect(knobs.workqueueCpus.observe("0", snapshotOf({}))).toBe("0");
  });
});

describe("irqAffinity", () => {
  const path = "/proc/irq/24/smp_affinity_list";

  test.each([
    [{}, "irqAffinity: sets nothing: give default or irqs"],
    [{ irqs: {} }, "irqAffinity: sets nothing: give default or irqs"],
    [{ irqs: { eth0: "1" } }, "irqAffinity.irqs.eth0: must be the number of an interrupt, as in /proc/interrupts"],
    [{ irqs: { 24: "" } }, 'irqAffinity.irqs.24: must be a CPU list, for example "2-15,18"'],
  ])("%j is refused", (given, problem) => {
    expect(problems({ irqAffinity: given })).toEqual([problem]);
  });

  test("says once that a number is not kept over a boot, and where an interrupt still arrives", () => {
    const moved = { [path]: "4", "/proc/irq/24/effective_affinity_list": "0" };
    const { warnings } = plan({ irqAffinity: { irqs: { 9: "0-1", 24: "4" } } }, moved);
    expect(warnings).toEqual([
      "irqAffinity.irqs.9: an interrupt may have another number after the next boot: irqAffinity.default with irqbalance.bannedCpus is what lasts",
      "irqAffinity.irqs.24: it still arrives at CPU 0 (effective_affinity_list), and moves when it next does",
    ]);
  });

  test("a number that the host does not have is not applicable", () => {
    const { warnings, steps } = plan({ irqAffinity: { irqs: { 999: "0" } } });
    expect(warnings).toEqual(["irqAffinity.irqs.999: not applicable: this host has no interrupt 999 now"]);
    expect(steps).toEqual([]);
  });

  test("an interrupt that the kernel refuses to move is named, quiet from then on, and undone", () => {
    const host = simulatedHost(files);
    const before = host.state();
    const args = parsed({ irqAffinity: { irqs: { 24: "4" } } });
    const { steps } = planHost(args, host.snapshot());
    expect(steps.find(({ kind }) => kind === "writeValues")).toMatchObject({ refusal: "(refused eth0-rx-0)" });
    // What the script does of it: the value stays, the refusal is noted.
    host.run(steps.map((step) => (step.kind === "writeValues" ? refused(step) : step)));
    const plan = planHost(args, host.snapshot());
    expect(plan.changes).toEqual([]);
    expect(plan.steps).toEqual([]);
    expect(plan.warnings[0]).toContain("the kernel refuses to move interrupt 24 eth0-rx-0 to 4: it is a managed one");
    expect(verifications(args, host.snapshot())).toMatchObject([{ actual: "0", verdict: "unknown" }]);
    expect(knobs.irqAffinity.observe({ irqs: { 24: "4" } }, host.snapshot())).toEqual({ irqs: { 24: "4" } });
    // After a boot the number may be another interrupt's: it is tried.
    host.write({ "/sys/kernel/irq/24/actions": "eth1-tx-3" });
    expect(planHost(args, host.snapshot()).changes).toMatchObject([{ setting: "irqAffinity.irqs.24" }]);
    host.write({ "/sys/kernel/irq/24/actions": "eth0-rx-0" });
    const undo = undoAll(host.snapshot());
    expect(undo.left).toEqual([]);
    host.run(undo.steps);
    expect(host.state()).toEqual(before);
  });

  test.each([
    ["the kernel's command line", {}, { "/proc/cmdline": "root=/dev/vda1 irqaffinity=0-3" }],
    ["isolation.irqAffinity", { isolation: { cpus: "4-7" } }, {}],
    ["isolation.irqAffinity", { isolation: { cpus: "4-7", irqAffinity: "0-3" } }, {}],
  ])("warns when %s says otherwise", (source, more, host) => {
    const about = (list: string) =>
      plan({ irqAffinity: { default: list }, ...more }, host).warnings.filter((text) => text.startsWith("irqAffinity"));
    expect(about("0-1")).toEqual([
      `irqAffinity.default: irqaffinity=0-3 (${source}) says otherwise: interrupts of drivers that start before kvm-tuning.service follow that`,
    ]);
    expect(about("0-3")).toEqual([]);
  });
});

/** A write to each path's own value, under the note of its refusal. */
function refused(step: Extract<ReturnType<typeof planHost>["steps"][number], { kind: "writeValues" }>) {
  const { entry, setting, values, refusal = "" } = step;
  const paths = values.map(({ path }) => path);
  const awaited = values.flatMap(({ path, value }) => [
    { path, value },
    { path, value: refusal },
  ]);
  return { kind: "recordValues" as const, entry, setting, paths, awaited };
}

describe("irqbalance", () => {
  const units = { "irqbalance.service": { loadState: "loaded", activeState: "active" } };
  const env = "/etc/kvm-tuning/irqbalance.env";
  const dropIn = "/etc/systemd/system/irqbalance.service.d/zz-kvm-tuning.conf";
  const isolated = { [`${cpu}/isolated`]: "4-5", [`${cpu}/nohz_full`]: "5-6" };
  const on = (given: Record<string, unknown>, more: Record<string, string> = {}) =>
    planHost(parsed({ irqbalance: given }), snapshotOf({ files: { ...files, ...more }, units }));

  test("the list holds what the kernel isolates or runs tickless, and says so", () => {
    const host = simulatedHost({ ...files, ...isolated }, units);
    const before = host.state();
    const args = parsed({ irqbalance: { bannedCpus: "2" } });
    const { changes, warnings, steps } = planHost(args, host.snapshot());
    expect(changes).toContainEqual({
      setting: "irqbalance.bannedCpus",
      actual: "4-6",
      desired: "2,4-6",
      impact: "live",
    });
    expect(warnings).toEqual([
      "irqbalance.bannedCpus: a list replaces irqbalance's own ban of CPUs that the kernel isolates or runs tickless: 4-6 stay part of it",
    ]);
    host.run(steps);
    expect(host.snapshot().files.text(env)).toMatch(/\nIRQBALANCE_BANNED_CPULIST=2,4-6\nIRQBALANCE_BANNED_CPUS=74$/);
    expect(host.snapshot().files.text(dropIn)).toMatch(
      /\n\[Service\]\nEnvironmentFile=\/etc\/kvm-tuning\/irqbalance.env$/,
    );
    expect(host.commands).toEqual([
      expect.stringContaining("/run/kvm-tuning/owed-irqbalance"),
      "systemctl daemon-reload",
      expect.stringContaining("try-restart irqbalance.service"),
    ]);
    expect(planHost(args, host.snapshot()).changes).toEqual([]);
    host.run(undoAll(host.snapshot()).steps);
    expect(host.commands.slice(3)).toEqual(host.commands.slice(0, 3));
    expect(host.state()).toEqual(before);
  });

  test("no list of one's own is the kernel's alone; nohz_full may read (null)", () => {
    const none = { [`${cpu}/isolated`]: "", [`${cpu}/nohz_full`]: "  (null)" };
    expect(on({ bannedCpus: "" }, none).changes.map(({ setting, desired }) => [setting, desired])).toEqual([
      ["irqbalance.bannedCpus (at boot)", "none"],
    ]);
  });

  test.each([
    ["/etc/default/irqbalance", '#IRQBALANCE_BANNED_CPULIST=\nIRQBALANCE_BANNED_CPULIST="1,3"', "1,3"],
    ["/etc/sysconfig/irqbalance", "IRQBALANCE_BANNED_CPUS=0000000c", "2-3"],
  ])("what the distribution's %s says is what is there", (path, text, banned) => {
    expect(on({ bannedCpus: "7" }, { [path]: text }).changes).toContainEqual(
      expect.objectContaining({ actual: banned, desired: "7" }),
    );
    const snapshot = snapshotOf({ files: { ...files, [path]: text }, units });
    expect(knobs.irqbalance.observe({ bannedCpus: "7" }, snapshot)).toEqual({ bannedCpus: banned });
  });

  test.each([
    [{ loadState: "not-found" }, "irqbalance is not installed"],
    [{ loadState: "masked" }, "irqbalance.service is masked"],
  ])("%j is not applicable", (state, reason) => {
    const snapshot = snapshotOf({ files, units: { "irqbalance.service": state } });
    const { warnings, steps } = planHost(parsed({ irqbalance: { bannedCpus: "1" } }), snapshot);
    expect([warnings, steps]).toEqual([[`irqbalance.bannedCpus: not applicable: ${reason}`], []]);
  });

  test("refused: CPUs that are not there, and what is no list", () => {
    expect(on({ bannedCpus: "9" }).problems[0]?.reason).toBe("CPUs 9 are not on this host, which has 0-7");
    expect(problems({ irqbalance: { bannedCpus: "x" } })[0]).toContain("irqbalance.bannedCpus: must be a CPU list");
  });
});

describe("systemdCpuAffinity", () => {
  const path = "/etc/systemd/system.conf.d/zz-kvm-tuning.conf";

  test("our file resets what others have set before it, and PID 1 follows, also when it is taken back", () => {
    const host = simulatedHost(files);
    const args = parsed({ systemdCpuAffinity: "0-1" });
    const { changes, warnings, steps } = planHost(args, host.snapshot());
    expect(changes).toEqual([{ setting: "systemdCpuAffinity", actual: "0-7", desired: "0-1", impact: "live" }]);
    expect(warnings).toEqual([
      "systemdCpuAffinity: services that run now keep their CPUs until they are started again, at the latest by the next boot; domains are not concerned, libvirt sets theirs",
    ]);
    host.run(steps);
    expect(host.snapshot().files.text(path)).toMatch(/\n\[Manager\]\nCPUAffinity=\nCPUAffinity=0-1$/);
    expect(host.commands).toEqual([
      expect.stringContaining("/run/kvm-tuning/owed-systemd"),
      expect.stringContaining("systemd-analyze cat-config"),
    ]);
    host.run(undoAll(host.snapshot()).steps);
    expect(host.commands).toHaveLength(4);
    expect(host.snapshot().files.text("/proc/1/status")).toBe("Cpus_allowed_list:\t0-7");
  });

  test("PID 1 that somebody has moved since is put back", () => {
    const host = simulatedHost(files);
    const args = parsed({ systemdCpuAffinity: "0-1" });
    host.run(planHost(args, host.snapshot()).steps);
    host.write({ "/proc/1/status": "Cpus_allowed_list:\t0-7" });
    expect(knobs.systemdCpuAffinity.observe("0-1", host.snapshot())).toBe("0-7");
    host.run(planHost(args, host.snapshot()).steps);
    expect(host.commands.at(-1)).toBe("taskset -pc 0-1 1");
    expect(planHost(args, host.snapshot()).changes).toEqual([]);
  });

  test("CPUs that are offline are not compared: the kernel leaves them out", () => {
    const host = simulatedHost({ ...files, "/sys/devices/system/cpu/online": "0,2-7" });
    host.run(planHost(parsed({ systemdCpuAffinity: "0-1" }), host.snapshot()).steps);
    host.write({ "/proc/1/status": "Cpus_allowed_list:\t0" });
    expect(planHost(parsed({ systemdCpuAffinity: "0-1" }), host.snapshot()).changes).toEqual([]);
    expect(knobs.systemdCpuAffinity.observe("0-1", host.snapshot())).toBe("0-1");
    expect(knobs.systemdCpuAffinity.observe("0-2", host.snapshot())).toBe("0");
  });

  test("files that count after ours are named, and the kernel's command line", () => {
    const { warnings } = plan(
      { systemdCpuAffinity: "0-7" },
      {
        "/etc/systemd/system.conf.d/50-site.conf": "CPUAffinity=2",
        "/run/systemd/system.conf.d/zzz.conf": "CPUAffinity=3",
        "/proc/cmdline": "root=/dev/vda1 systemd.cpu_affinity=1",
      },
    );
    expect(warnings).toEqual([
      "systemdCpuAffinity: /run/systemd/system.conf.d/zzz.conf sets CPUAffinity= after our file: remove that line; systemd.cpu_affinity= on the kernel's command line wins at boot: take it off",
    ]);
  });
});
