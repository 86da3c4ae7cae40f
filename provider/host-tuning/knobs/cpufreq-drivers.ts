/*
 * Who sets frequencies on a host. intel_pstate and amd_pstate have modes, and scaling_driver has another name in each:
 * in active mode they decide themselves and know `performance` and `powersave` only.
 * Source: https://docs.kernel.org/admin-guide/pm/intel_pstate.html, https://docs.kernel.org/admin-guide/pm/amd-pstate.html
 */
import type { HostSnapshot } from "../../host/snapshot";
import { kernelValues, parseKernelLine } from "../../linux/kernel-args";
import { cpuFolder, cpuPath } from "./per-cpu";

interface Driver {
  /** Goes on after the name. */
  readonly mode: string;
  /** It sets frequencies itself: governors of the kernel are not taken, and `performance` fixes the preference. */
  readonly active?: { readonly passiveBy: string };
}

const drivers: Readonly<Record<string, Driver>> = {
  intel_pstate: { mode: " in active mode", active: { passiveBy: "intel_pstate=passive" } },
  intel_cpufreq: { mode: ", which is intel_pstate in passive mode" },
  "amd-pstate-epp": { mode: ", which is amd_pstate in active mode", active: { passiveBy: "amd_pstate=passive" } },
  "amd-pstate": { mode: " in passive or guided mode" },
};

export const driverOf = (cpu: number, snapshot: HostSnapshot): string =>
  snapshot.files.text(cpuPath(cpu, "cpufreq/scaling_driver"))?.trim() ?? "";

/** `driver intel_pstate in active mode`: with its mode where it has modes. */
export function describeDriver(driver: string): string {
  return driver === "" ? "driver unknown" : `driver ${driver}${drivers[driver]?.mode ?? ""}`;
}

/** The kernel argument that takes the driver out of its active mode; undefined: it is not in one. */
export const passiveArgument = (driver: string): string | undefined => drivers[driver]?.active?.passiveBy;

/** Why no CPU has cpufreq, as far as the host tells. */
export function withoutCpufreq(snapshot: HostSnapshot): string {
  const line = parseKernelLine(snapshot.files.text("/proc/cmdline") ?? "");
  const off = ["intel_pstate", "amd_pstate"].find(
    (name) =>
      kernelValues(line, name).includes("disable") ||
      snapshot.files.text(`${cpuFolder}/${name}/status`)?.trim() === "off",
  );
  if (off !== undefined)
    return `no CPU has a cpufreq driver: ${off} is switched off (${off}=disable, or its status file) and no other took its place`;
  return "no CPU has a cpufreq driver (usual in virtual machines, or the firmware keeps frequency control)";
}
