/* CPUs of a host that a request names one by one. */
import { CpuSet } from "../../linux/cpu-set";
import type { PlanRequest, PlannerHost } from "./model";

/** Those that pins of the program hold. */
export function pinnedCpus(request: PlanRequest, host: PlannerHost): CpuSet {
  return CpuSet.from(request.vms.filter((vm) => vm.hosts?.[0] === host.name).flatMap((vm) => vm.pins?.vcpus ?? []));
}

/** CPUs of single pins that VMs of the request have now. */
export function previousCpus(request: PlanRequest, host: PlannerHost): CpuSet {
  const names = new Set(request.vms.map((vm) => vm.name));
  const pins = (request.previous ?? [])
    .filter((each) => each.host === host.name && names.has(each.vm))
    .flatMap((each) => [...each.vcpuPins, each.emulatorPin]);
  return CpuSet.from(pins.filter((pin) => /^\d+$/.test(pin)).map(Number));
}
