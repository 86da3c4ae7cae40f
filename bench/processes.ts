/* What the processes of one run of the CLI have used: looked up in /proc while it runs. */
import { readdirSync, readFileSync } from "node:fs";

export interface Usage {
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

/** By what a process is for. */
const roles = {
  provider: /@pulumi\/pulumi\/cmd\/dynamic-provider/,
  program: /@pulumi\/pulumi\/cmd\/run/,
  languageHost: /pulumi-language-nodejs/,
  cli: /\/pulumi\0(preview|up|refresh|destroy)\0/,
  hosts: /bench-recorded-hosts/,
} as const;

export type Role = keyof typeof roles;

/** Of several processes of a role: the time of all, the peak of the largest. */
export function watchProcesses(everyMilliseconds = 100): { stop(): Readonly<Record<Role, Usage>> } {
  const seen = new Map<number, Usage & { role: Role; cpuBefore: number }>();
  const look = (first = false): void => {
    for (const pid of readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)) {
      try {
        const role = roleOf(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
        if (role === undefined) continue;
        const usage = usageOf(pid);
        // What ran before is not this run's.
        const cpuBefore = seen.get(pid)?.cpuBefore ?? (first ? usage.cpuSeconds : 0);
        seen.set(pid, { role, ...usage, cpuBefore });
      } catch {
        // It has ended in between.
      }
    }
  };
  look(true);
  // A run that fails must not leave it behind.
  const timer = setInterval(look, everyMilliseconds).unref();
  return {
    stop() {
      clearInterval(timer);
      look();
      const entries = Object.keys(roles).map((role) => {
        const all = [...seen.values()].filter((one) => one.role === role);
        const cpuSeconds = all.reduce((sum, one) => sum + one.cpuSeconds - one.cpuBefore, 0);
        return [role, { cpuSeconds, peakMiB: Math.max(0, ...all.map(({ peakMiB }) => peakMiB)) }];
      });
      return Object.fromEntries(entries) as Record<Role, Usage>;
    },
  };
}

function roleOf(commandLine: string): Role | undefined {
  return (Object.keys(roles) as Role[]).find((role) => roles[role].test(commandLine));
}

function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, peakMiB: Number(peak ?? 0) / 1024 };
}
