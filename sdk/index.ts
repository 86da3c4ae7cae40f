export type { Impact, Verification } from "../provider/impact";
export type { ConnectionArgs, ProxyConnectionArgs } from "./connection";
export { HostTuning } from "./host-tuning";
export type { CpuGovernorArgs, HostTuningArgs, HugepagesArgs } from "./host-tuning-args";
export { VmCpuPlacement } from "./vm-cpu-placement";
export type { IothreadArgs, NumaArgs, VmCpuPlacementArgs, VmCpuPlacementFields } from "./vm-cpu-placement-args";
