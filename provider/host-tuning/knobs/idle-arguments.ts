/*
 * What kernel arguments about idle states and frequency drivers cost, whichever argument of ours writes them.
 * Source: https://docs.kernel.org/admin-guide/pm/cpuidle.html, https://docs.kernel.org/admin-guide/pm/intel_pstate.html
 */
import type { HostSnapshot } from "../../host/snapshot";
import { canonicalKey } from "../../linux/kernel-args";
import { cpuFolder } from "./per-cpu";

/** The price of a CPU that waits by running, as a sentence's end. */
export const pollingCost =
  "it polls, at full power: no headroom is left for turbo, and its SMT sibling gets half of the core at best";

export function cpuidleDriver(snapshot: HostSnapshot): string | undefined {
  const driver = snapshot.files.text(`${cpuFolder}/cpuidle/current_driver`)?.trim();
  return driver === "none" ? undefined : driver;
}

/** What the user should know of `key=value` before agreeing; undefined: nothing. */
export function idleArgumentWarning(key: string, value: string | null, snapshot: HostSnapshot): string | undefined {
  switch (canonicalKey(key)) {
    case "idle":
      return value === "poll" ? `no CPU ever idles: ${pollingCost}` : undefined;
    case "intel_idle.max_cstate":
      return value === "0"
        ? "only switches intel_idle off, and acpi_idle takes over with the states of the firmware: it does not limit them. 1 limits intel_idle to its first state"
        : undefined;
    case "processor.max_cstate":
      return cpuidleDriver(snapshot) === "intel_idle"
        ? "is for acpi_idle, and this host runs intel_idle: intel_idle.max_cstate limits that one"
        : undefined;
    case "intel_pstate":
      return value === "disable"
        ? "gives up HWP, the energy performance preference and intel_pstate's control of turbo. intel_pstate=passive keeps them and takes the kernel's governors"
        : undefined;
    default:
      return undefined;
  }
}
