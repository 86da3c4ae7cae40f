/* VMs of a request as the search wants them. */
import type { PlanRequest, PlannerVm, PreviousPlacement } from "./model";
import { compareText, type Host, type ThreadKind, type Vm } from "./problem";

/** In order of names. */
export function prepareVms(request: PlanRequest, hosts: readonly Host[]): Vm[] {
  const previous = previousPlacements(request);
  const classes = new Map<string, number>();
  return [...request.vms]
    .sort((left, right) => compareText(left.name, right.name))
    .map((spec, index) => {
      const before = previous.get(spec.name);
      return {
        spec,
        index,
        previous: before,
        symmetryClass: before === undefined && spec.pins === undefined ? classOf(spec, classes) : `vm ${index}`,
        allowed: allowedHosts(spec, hosts),
        kind: kindOf(spec),
        leastThreads: spec.threadPolicy === "require" ? 2 : 1,
        dedicated: dedicatedOf(spec),
        wantsEmulatorCpu: spec.emulatorThreads === "isolate" && spec.pins?.emulator === undefined,
        shapes: new Map(),
        shapesByHost: [],
      };
    });
}

function kindOf(vm: PlannerVm): ThreadKind {
  if (vm.threadPolicy === "isolate") return "isolate";
  if (vm.threadPolicy === "require" || vm.latencyClass === "realTime") return "whole";
  return vm.threadPolicy === "spread" ? "spread" : "loose";
}

export function dedicatedOf(vm: PlannerVm): number {
  if (vm.cpuPolicy === "shared") return 0;
  if (typeof vm.nodes === "object") return vm.nodes.reduce((sum, cell) => sum + (cell.dedicatedVcpus ?? cell.vcpus), 0);
  return vm.cpuPolicy === "mixed" ? (vm.dedicatedVcpus ?? vm.vcpus) : vm.vcpus;
}

/** The same list for all that may be anywhere. */
function allowedHosts(vm: PlannerVm, hosts: readonly Host[]): readonly Host[] {
  const allowed = hosts.filter((host) => isAllowed(vm, host));
  return allowed.length === hosts.length ? hosts : allowed;
}

function isAllowed(vm: PlannerVm, { spec }: Host): boolean {
  return (
    (vm.hosts?.includes(spec.name) ?? true) &&
    (vm.nearDevice === undefined || (spec.devices ?? []).some(({ address }) => address === vm.nearDevice?.address)) &&
    (vm.pageSizeKiB <= 4 || (spec.hugepageSizesKiB ?? [2048, 1048576]).includes(vm.pageSizeKiB))
  );
}

function classOf(vm: PlannerVm, classes: Map<string, number>): string {
  const { name: _name, ...rest } = vm;
  const text = JSON.stringify(Object.entries(rest).sort((left, right) => compareText(left[0], right[0])));
  const number = classes.get(text) ?? classes.size;
  classes.set(text, number);
  return `class ${number}`;
}

/** Of two placements that name the same CPU of a host, the later VM's loses it: only one can keep it. */
function previousPlacements(request: PlanRequest): ReadonlyMap<string, PreviousPlacement> {
  const names = new Set(request.vms.map((vm) => vm.name));
  const seen = new Set<string>();
  const claim = (host: string, pin: string): string => {
    if (!/^\d+$/.test(pin)) return pin;
    const key = `${host} ${pin}`;
    if (seen.has(key)) return "";
    seen.add(key);
    return pin;
  };
  const sorted = [...(request.previous ?? [])].sort((left, right) => compareText(left.vm, right.vm));
  return new Map(
    sorted
      .filter((each) => names.has(each.vm))
      .map((each) => [
        each.vm,
        {
          ...each,
          vcpuPins: each.vcpuPins.map((pin) => claim(each.host, pin)),
          emulatorPin: claim(each.host, each.emulatorPin),
        },
      ]),
  );
}
