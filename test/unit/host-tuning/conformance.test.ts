/*
 * What holds for every knob on every recorded host. A knob in the registry is tested by being there: it needs its
 * examples here. A host that cannot have an example must say why; otherwise it is applied, read again and undone.
 */
import { type KnobName, knobs } from "../../../provider/host-tuning/registry";
import { observe, planHost, settingsOf, verifications } from "../../../provider/host-tuning/plan";
import { parseArgs, type HostTuningArgs } from "../../../provider/host-tuning/schema";
import { undoAll } from "../../../provider/host-tuning/undo";
import { recordedHosts } from "../../support/tuned-host/recorded-hosts";
import { recordedServices } from "../../support/tuned-host/recorded-services";
import { simulatedHost } from "../../support/tuned-host/simulated-host";

const examples: Readonly<Record<KnobName, readonly unknown[]>> = {
  boost: [true, false],
  cStates: [
    { maxLatencyMicroseconds: 0 },
    { cpus: "0-1", maxLatencyMicroseconds: 10 },
    { maxLatencyMicroseconds: "none" },
    { disable: ["C6"] },
    { cpus: "1", disable: [1, "C2"] },
    { kernelArguments: { idle: "poll", intelIdleMaxCstate: 1 } },
  ],
  energyPerformancePreference: ["power", [{ cpus: "0-1", preference: "performance" }]],
  smt: ["on", "off"],
  cpuGovernor: ["performance", [{ cpus: "0-1", governor: "performance" }], [{ cpus: "0", governor: "schedutil" }]],
  hugepages: [
    [{ size: "2M", nodes: { 0: 16 } }],
    [
      { size: "2048K", nodes: { 0: 8, 1: 4 } },
      { size: "512MiB", nodes: { 1: 2 } },
    ],
    [{ size: "1G", nodes: { 0: 1 } }],
    [{ size: "1G", nodes: { 0: 0 } }],
    [{ size: "2M", total: 5, reserveMiB: 512 }],
    [],
  ],
  irqAffinity: [
    { default: "0-1" },
    { irqs: { "24": "1", "9": "0" } },
    { default: "0", irqs: { "24": "0-1" } },
    { default: "0", irqs: { "999": "0" } },
  ],
  irqbalance: [{ bannedCpus: "1" }, { bannedCpus: "" }, { bannedCpus: "99" }],
  isolation: [
    { cpus: "1" },
    { cpus: "2-3", nohzFull: true, rcuNocbs: true },
    { mode: "partition", cpus: "1" },
    { mode: "partition", cpus: "2-3", partition: "isolated" },
  ],
  kernelArguments: [{ mitigations: "auto" }, { quiet: null }],
  ksm: ["off", "on", "unmerge"],
  numaBalancing: [false, true],
  schedRtRuntimeMicroseconds: [-1, 900000, 2000000],
  services: [
    { ksmtuned: "stopped", numad: "masked" },
    { "ksmtuned.service": "masked", numad: "stopped" },
    { tuned: "stopped" },
    { "no-such": "masked" },
    {},
  ],
  sysctl: [{ "vm.swappiness": 10 }, { "vm.swappiness": "60" }, { "kernel.no_such_key": "1" }, {}],
  systemdCpuAffinity: ["0", "0-1", "0,99"],
  transparentHugepages: ["never", { enabled: "madvise", defrag: "defer+madvise" }, { defrag: "never" }],
  workqueueCpus: ["0", "0-1", "99"],
};

const connection = { host: "kvm-01", insecureIgnoreHostKey: true };
const argumentsOf = (name: string, example: unknown): HostTuningArgs => {
  const parsed = parseArgs({ connection, [name]: example });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.args;
};

test("every knob has examples", () => {
  expect(Object.keys(examples).sort()).toEqual(Object.keys(knobs).sort());
  expect(Object.entries(examples).filter(([, all]) => all.length === 0)).toEqual([]);
});

const cases = Object.entries(examples).flatMap(([name, all]) =>
  all.flatMap((example) => Object.keys(recordedHosts).map((host) => [name, JSON.stringify(example), host] as const)),
);
const applied: string[] = [];

test.each(cases)(
  "%s %s on %s: refused with a reason, or applied, quiet afterwards, and undone",
  (name, text, where) => {
    const args = argumentsOf(name, JSON.parse(text));
    const { units, links } = recordedServices[where] ?? {};
    const host = simulatedHost(recordedHosts[where] ?? {}, name === "services" ? units : undefined, links);
    const before = host.state();
    const snapshot = host.snapshot();

    const plan = planHost(args, snapshot);
    expect(planHost(args, host.snapshot())).toEqual(plan);
    expect(args).toEqual(argumentsOf(name, JSON.parse(text)));
    expect(parseArgs({ connection, ...observe(args, snapshot) })).toHaveProperty("args");
    expect(settingsOf(args, snapshot).every((row) => row.name === name || row.name.startsWith(`${name}.`))).toBe(true);
    const inapplicable = settingsOf(args, snapshot).filter((row) => row.notApplicable !== undefined);
    expect(plan.warnings.length).toBeGreaterThanOrEqual(inapplicable.length);

    if (plan.problems.length > 0) {
      for (const { path, reason } of plan.problems) {
        expect([name, "kernelArguments"]).toContain(path.split(".")[0]);
        expect(reason.length).toBeGreaterThan(15);
      }
      return;
    }
    applied.push(name);
    if (plan.steps.length > 0) expect(plan.changes).not.toEqual([]);
    host.run(plan.steps);
    const after = planHost(args, host.snapshot());
    expect(after.changes).toEqual([]);
    expect(after.steps).toEqual([]);
    // What a refresh shows then is what the program says, also of what the host lacks.
    expect(argumentsOf(name, observe(args, host.snapshot())[name])).toEqual(args);
    expect(verifications(args, host.snapshot()).filter(({ verdict }) => verdict === "fail")).toEqual([]);

    const undo = undoAll(host.snapshot());
    expect(undo.left).toEqual([]);
    host.run(undo.steps);
    expect(host.state()).toEqual(before);
  },
);

test("the table is not all refusals", () => {
  // Kernel arguments need a boot loader, which no recorded host has: they are applied in test/unit/host-tuning/boot.
  expect([...new Set(applied)].sort()).toEqual([
    "boost",
    "cStates",
    "cpuGovernor",
    "energyPerformancePreference",
    "hugepages",
    "irqAffinity",
    "irqbalance",
    "isolation",
    "ksm",
    "numaBalancing",
    "schedRtRuntimeMicroseconds",
    "services",
    "smt",
    "sysctl",
    "systemdCpuAffinity",
    "transparentHugepages",
    "workqueueCpus",
  ]);
});

test.each(Object.keys(knobs))("an unknown argument beside %s is refused with its name", (name) => {
  expect(parseArgs({ connection, [`${name}x`]: true })).toEqual({
    problems: [{ path: `${name}x`, reason: "unknown argument" }],
  });
});
