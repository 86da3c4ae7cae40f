/* What a provider's process has used: looked up in /proc while a command runs. */
import { readdirSync, readFileSync } from "node:fs";

export interface Usage {
  cpuSeconds: number;
  peakMiB: number;
}

/** The dynamic-provider processes below `ancestor`. The peak is the largest one's, the time is of all. */
export function watchProvider(everyMilliseconds = 100): { stop(): Usage } {
  const seen = new Map<number, Usage>();
  const look = (): void => {
    for (const pid of readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)) {
      try {
        if (!/dynamic-provider/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"))) continue;
        const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /, "")
          .split(" ");
        const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
        seen.set(pid, {
          cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
          peakMiB: Number(peak ?? 0) / 1024,
        });
      } catch {
        // It has ended in between.
      }
    }
  };
  const timer = setInterval(look, everyMilliseconds);
  return {
    stop() {
      clearInterval(timer);
      const all = [...seen.values()];
      return {
        cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
        peakMiB: Math.max(0, ...all.map(({ peakMiB }) => peakMiB)),
      };
    },
  };
}
