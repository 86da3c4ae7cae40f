/* Where on another host a VM would be: the plan of that VM alone. */
import type { PlanAnswer } from "./answer";
import type { PlannerHost, PlannerVm } from "./model";
import { plan } from "./plan";

/** `destination` says what is free there: what its own VMs hold is claimed, whether of a plan or not. */
export function planMigration(vm: PlannerVm, destination: PlannerHost): PlanAnswer {
  const { pins: _pins, antiAffinity: _groups, ...rest } = vm;
  return plan({ hosts: [destination], vms: [{ ...rest, hosts: [destination.name] }] });
}
