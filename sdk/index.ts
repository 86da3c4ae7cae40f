export type { Impact, Verification } from "../provider/impact";
export type { ConnectionArgs, ProxyConnectionArgs } from "./connection";
export { HostTuning } from "./host-tuning";
export type { CpuGovernorArgs, DrainArgs, HostTuningArgs, HugepagesArgs, IsolationArgs } from "./host-tuning-args";
export { VmCpuPlacement } from "./vm-cpu-placement";
export type { IothreadArgs, NumaArgs, VmCpuPlacementArgs, VmCpuPlacementFields } from "./vm-cpu-placement-args";
