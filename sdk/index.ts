export type {
  CacheTopology,
  ClusterTopology,
  CoreKindTopology,
  CoreTopology,
  DieTopology,
  HostTopology,
  HugepagePoolTopology,
  IsolationTopology,
  NodeTopology,
  PackageTopology,
  PciDeviceTopology,
} from "../provider/host-topology/model";
export type { Impact, Verification } from "../provider/impact";
export type { ConnectionArgs, ProxyConnectionArgs } from "./connection";
export { getHostTopology, getHostTopologyOutput } from "./get-host-topology";
export type { GetHostTopologyArgs, GetHostTopologyOptions, GetHostTopologyOutputArgs } from "./get-host-topology";
export { HostTuning } from "./host-tuning";
export type { HostTuningArgs } from "./host-tuning-args";
export type { DrainArgs, MaxUnavailableArgs, RebootFields, RebootWindowArgs } from "./host-tuning-reboot-args";
export type { HousekeepingFields, IrqAffinityArgs, IrqbalanceArgs } from "./host-tuning-housekeeping-args";
export type { HugepagesArgs, HugepagesFields } from "./host-tuning-hugepages-args";
export type { BootIsolationArgs, IsolationArgs, PartitionIsolationArgs } from "./host-tuning-isolation-args";
export type { ServiceFields } from "./host-tuning-services-args";
export type { KernelFields, TransparentHugepagesArgs, TransparentHugepagesEnabled } from "./host-tuning-kernel-args";
export type {
  CpuGovernorArgs,
  CStateKernelArgumentsArgs,
  CStatesArgs,
  EnergyPerformancePreferenceArgs,
  PowerFields,
} from "./host-tuning-power-args";
export type { PlannedHostNeeds, PlannedObjective, PlannedSettings, PlannedVm } from "../provider/placement-plan/model";
export type { GuestCell } from "../provider/placement-plan/planner/answer";
export { PlacementPlan } from "./placement-plan";
export type { NearDeviceArgs, PlacementPlanArgs, PlanHostArgs, PlanPinsArgs, PlanVmArgs } from "./placement-plan-args";
export type { Placement, PlacementAdditions } from "./placement-plan-outputs";
export { presets } from "./presets";
export { VmCpuPlacement } from "./vm-cpu-placement";
export type { VmCpuPlacementArgs, VmCpuPlacementFields } from "./vm-cpu-placement-args";
export type { CpuArgs, CpuFields, CpuTopologyArgs } from "./vm-cpu-placement-cpu-args";
export type { BackingHugepagesArgs, MemoryBackingArgs, MemoryBackingFields } from "./vm-cpu-placement-memory-args";
export type { NumaArgs, NumaCellArgs, NumaCellCacheArgs, NumaFields } from "./vm-cpu-placement-numa-args";
export type {
  CacheAllocationArgs,
  CacheTuneArgs,
  MemoryBandwidthArgs,
  MemoryTuneArgs,
  ResctrlFields,
} from "./vm-cpu-placement-resctrl-args";
export type {
  CpuBandwidthArgs,
  SchedulerArgs,
  SchedulingFields,
  VcpuSchedulerArgs,
} from "./vm-cpu-placement-scheduling-args";
export type { IothreadArgs, ThreadFields, VcpusArgs } from "./vm-cpu-placement-thread-args";
