/*
 * The first promise, measured: over one `up`, the settings that changed on the host are those that the preview named,
 * no fewer and no more, and nothing was rebooted or restarted that it did not name. Read by plain ssh, before and after.
 */
import type { TestHost } from "../../host/test-host";
import { despiteHangs } from "../support/despite-hangs";
import type { Stage } from "../support/stage";
import { qemuPid } from "./domain";
import { planLines, same } from "./expect";

/**
 * Everything that tunes a host and that a shell can read. Left out: what the kernel counts, and what it computes at boot
 * (threads-max from memory, watchdog_cpumask from nohz_full).
 */
const files =
  "/proc/sys/kernel/* /proc/sys/vm/* /proc/cmdline /sys/devices/system/cpu/isolated /sys/devices/system/cpu/nohz_full " +
  "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor /sys/devices/system/node/node[0-9]*/hugepages/*/nr_hugepages " +
  "/sys/kernel/mm/transparent_hugepage/enabled /sys/kernel/mm/transparent_hugepage/defrag /sys/kernel/mm/ksm/run " +
  "/proc/irq/default_smp_affinity /sys/devices/virtual/workqueue/cpumask";
const counted =
  /^\/proc\/sys\/(kernel\/(ns_last_pid|random|pty|perf_\w+|.*_count|tainted|threads-max|watchdog_cpumask)|vm\/(nr_hugepages.*|stat_refresh))/;

/** The setting, as the preview names it, to which a file belongs. */
const settings: readonly (readonly [RegExp, (...parts: string[]) => string])[] = [
  [/^\/proc\/sys\/kernel\/numa_balancing$/, () => "numaBalancing"],
  [/^\/proc\/sys\/(\w+)\/(\w+)$/, (folder, key) => `sysctl.${folder}.${key}`],
  [/scaling_governor$/, () => "cpuGovernor"],
  [/node(\d+)\/hugepages\/hugepages-2048kB\//, (node) => `hugepages.2M.node${node}`],
  [/node(\d+)\/hugepages\/hugepages-1048576kB\//, (node) => `hugepages.1G.node${node}`],
  [/\/ksm\/run$/, () => "ksm"],
  [/irq\/default_smp_affinity$/, () => "irqAffinity.default"],
  [/workqueue\/cpumask$/, () => "workqueueCpus"],
  [/^(numad\.service)$/, (unit) => `services.${unit}`],
  [/cpu\/isolated$/, () => "isolation.domain"],
  [/cpu\/nohz_full$/, () => "isolation.nohzFull"],
  [/transparent_hugepage\/enabled$/, () => "kernelArguments.transparent_hugepage"],
];

/** What /proc/cmdline alone shows. */
const commandLine: readonly (readonly [RegExp, string])[] = [
  [/isolcpus=\S*managed_irq/, "isolation.managedIrq"],
  [/rcu_nocbs=/, "isolation.rcuNocbs"],
  [/irqaffinity=/, "isolation.irqAffinity"],
];

type Values = ReadonlyMap<string, string>;

interface Moment {
  readonly values: Values;
  readonly boot: string;
  readonly pid: string;
}

async function read(host: TestHost): Promise<Moment> {
  const units = "numad.service";
  const text = await host.output(
    `grep -sH '' ${files} 2>/dev/null; for unit in ${units}; do echo "$unit:$(systemctl is-active $unit)"; done`,
  );
  const lines = text.split("\n").map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1)];
  });
  return {
    values: new Map(lines.filter(([path]) => !counted.test(path))),
    boot: await host.bootId(),
    pid: await qemuPid(host),
  };
}

function changed(before: Values, after: Values): readonly string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
  const named = paths.filter((path) => path !== "/proc/cmdline").map(settingOf);
  const [was = "", is = ""] = [before.get("/proc/cmdline"), after.get("/proc/cmdline")];
  const shown = commandLine
    .filter(([pattern]) => pattern.exec(was)?.[0] !== pattern.exec(is)?.[0])
    .map(([, name]) => name);
  return [...new Set([...named, ...shown])].sort();
}

function settingOf(path: string): string {
  for (const [pattern, name] of settings) {
    const found = pattern.exec(path);
    if (found !== null) return name(...found.slice(1));
  }
  return path;
}

/** Runs `up`; `preview` is what the preview just before it has printed. */
export async function truthfulUp(stage: Stage, preview: string): Promise<void> {
  const before = await read(stage.host);
  await despiteHangs(stage.host, () => stage.pulumi(["up", "--yes", "--skip-preview"]));
  const after = await read(stage.host);
  const plan = planLines(preview);
  // What only the next boot, a file or a domain has, is compared by the chapters themselves.
  const named = Object.keys(plan).filter((name) =>
    /^(numaBalancing|sysctl|cpuGovernor|hugepages|ksm|irqAffinity|workqueueCpus|services|isolation|kernelArguments)\b/.test(
      name,
    ),
  );
  same(
    changed(before.values, after.values),
    named.filter((name) => !name.endsWith(" (at boot)")).sort(),
    "the settings that changed, beside those that the preview named",
  );
  const reboots = Object.values(plan).some((text) => text.endsWith("[host-reboot]"));
  same(after.boot !== before.boot, reboots, "a reboot");
  same(after.pid !== before.pid, reboots && "domain db" in plan, "a restart of the domain");
}
