/*
 * Overlaps of a finished plan with what is somebody else's: domains outside the plan, the host's own services and
 * interrupts, other stacks. What the program has fixed and somebody has is found before (pinConflicts).
 */
import type { Conflict } from "./conflict";
import { domainConflicts } from "./conflicts-domains";
import { hostConflicts } from "./conflicts-host";
import { vmConflicts } from "./conflicts-vms";
import type { PlannedVm } from "./model";
import type { Fleet } from "./request";

export function planConflicts(
  fleet: Fleet,
  placed: Readonly<Record<string, PlannedVm>>,
  urn: string | undefined,
): readonly Conflict[] {
  const { args, hosts } = fleet;
  return [
    ...vmConflicts(fleet, placed, urn),
    ...hosts.flatMap((host) => {
      const here = Object.entries(placed).flatMap(([name, one]) => {
        const vm = args.vms[name];
        return vm === undefined || one.host !== host.name ? [] : [{ name, vm, placed: one }];
      });
      return here.length === 0 ? [] : [...domainConflicts(host, here), ...hostConflicts(host, here, urn)];
    }),
  ];
}
