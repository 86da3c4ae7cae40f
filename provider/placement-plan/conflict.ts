import type { PlannedVm } from "./model";
import { CpuSet } from "../linux/cpu-set";
import type { VmArgs } from "./schema-vm";

/** An overlap of the plan with what is somebody else's. An error stops the preview, a warning goes to the row. */
export interface Conflict {
  readonly severity: "error" | "warning";
  /** What of the program it is about. */
  readonly path: string;
  readonly sentence: string;
}

/** A VM on the host in question. */
export interface PlacedHere {
  readonly name: string;
  readonly vm: VmArgs;
  readonly placed: PlannedVm;
}

/** CPUs that its vCPUs have for themselves. */
export function dedicatedOf({ vm, placed }: PlacedHere): CpuSet {
  const count = vm.cpuPolicy === "dedicated" ? vm.vcpus : (vm.dedicatedVcpus ?? 0);
  const own = Object.entries(placed.settings.vcpuPins).filter(([vcpu]) => Number(vcpu) < count);
  return CpuSet.union(own.map(([, cpus]) => CpuSet.parse(cpus)));
}

/** CPUs on which its other threads run. */
export function sharedOf({ vm, placed }: PlacedHere): CpuSet {
  const { vcpuPins, emulatorPin, iothreads = [] } = placed.settings;
  const count = vm.cpuPolicy === "dedicated" ? vm.vcpus : (vm.dedicatedVcpus ?? 0);
  const others = Object.entries(vcpuPins).flatMap(([vcpu, cpus]) => (Number(vcpu) < count ? [] : [cpus]));
  return CpuSet.union([...others, emulatorPin, ...iothreads.map(({ cpus }) => cpus)].map((cpus) => CpuSet.parse(cpus)));
}

/** `VM "db"`, `VMs "db", "web"` */
export function vmNames(names: readonly string[]): string {
  return `VM${names.length === 1 ? "" : "s"} ${names.map((name) => `"${name}"`).join(", ")}`;
}

/** Those of which `of` lies on `cpus`, and where. */
export function whoOn(
  here: readonly PlacedHere[],
  of: (vm: PlacedHere) => CpuSet,
  cpus: CpuSet,
): { readonly names: readonly string[]; readonly cpus: CpuSet } {
  const found = here.map((vm) => ({ name: vm.name, cpus: of(vm).intersect(cpus) })).filter((one) => !one.cpus.isEmpty);
  return { names: found.map(({ name }) => name), cpus: CpuSet.union(found.map((one) => one.cpus)) };
}
