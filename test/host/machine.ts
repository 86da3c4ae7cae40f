// The emulated machine: 2 sockets x 2 cores x 2 threads, one NUMA node a socket. No hardware virtualisation is needed.
import { join } from "node:path";
import { pidFile } from "../../scripts/lib/owned-folder";

export interface Machine {
  readonly runFolder: string;
  readonly disk: string;
  readonly cpufreqTable: string;
  /** UEFI in place of the BIOS, and the disk that it boots from: the second one, with the EFI system partition. */
  readonly firmware?: { readonly code: string; readonly variables: string; readonly systemPartition: string };
  /** Shell command that writes saved RAM state to its standard output. */
  readonly restoreFrom?: string;
}

export const CPUS = 8;
const SOCKETS = 2;
/** Nominal: memory is taken when the guest touches it. 4 GiB let node 0 hold 1G pages too. */
const NODE_MIB = 4096;

// Intel family 6: with AMD's name Linux calls the TSC unstable, and acpi-cpufreq refuses family 15. Few features, because
// each one that the kernel's crypto modules see costs boot time.
const CPU =
  "qemu64,pdpe1gb=on,fsgsbase=on,rdrand=on,rdtscp=on,smep=on,xsave=off,vendor=GenuineIntel,family=6,model=85,stepping=7," +
  "model-id=Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz";

export const consoleLog = (runFolder: string): string => join(runFolder, "console.log");
export const monitorSocket = (runFolder: string): string => join(runFolder, "qmp");

function numaArguments(): readonly string[] {
  const nodes = [...Array(SOCKETS).keys()];
  const memory = nodes.flatMap((node) => [
    ...["-object", `memory-backend-ram,id=m${node},size=${NODE_MIB}M`],
    ...["-numa", `node,nodeid=${node},memdev=m${node}`],
    ...["-numa", `cpu,node-id=${node},socket-id=${node}`],
  ]);
  const distances = nodes.flatMap((from) =>
    nodes.flatMap((to) => ["-numa", `dist,src=${from},dst=${to},val=${from === to ? 10 : 20}`]),
  );
  return [...memory, ...distances];
}

function firmwareArguments({ code, variables, systemPartition }: NonNullable<Machine["firmware"]>): readonly string[] {
  return [
    ...["-drive", `if=pflash,unit=0,file=${code},format=raw,readonly=on`],
    ...["-drive", `if=pflash,unit=1,file=${variables},format=raw`],
    ...["-drive", `if=none,id=d1,file=${systemPartition},format=raw,cache=unsafe`],
    ...["-device", "virtio-blk-pci,drive=d1,bootindex=0"],
  ];
}

/** Command line of QEMU. Everything but the paths belongs to the key of a saved RAM state. */
export function qemuArguments(machine: Machine): readonly string[] {
  const { runFolder, disk, cpufreqTable, firmware, restoreFrom } = machine;
  return [
    "qemu-system-x86_64",
    ...["-name", "test-host", "-M", "q35", "-nodefaults", "-no-user-config", "-display", "none"],
    // The default translation cache of 1 GiB makes a guest's reboot three times slower.
    ...["-accel", "tcg,thread=multi,tb-size=128", "-cpu", CPU],
    ...["-smp", `${CPUS},sockets=${SOCKETS},cores=2,threads=2`, "-m", `${NODE_MIB * SOCKETS}M`],
    ...numaArguments(),
    ...["-drive", `if=none,id=d0,file=${disk},format=qcow2,cache=unsafe,discard=unmap`],
    ...["-device", `virtio-blk-pci,drive=d0${firmware === undefined ? ",bootindex=0" : ""}`],
    ...(firmware === undefined ? [] : firmwareArguments(firmware)),
    // restrict: the guest reaches nothing outside; ports are forwarded by the monitor, which lets the kernel choose one.
    ...["-netdev", "user,id=n0,restrict=on", "-device", "virtio-net-pci,netdev=n0,romfile="],
    ...["-device", "virtio-rng-pci", "-serial", `file:${consoleLog(runFolder)}`],
    ...["-pidfile", pidFile(runFolder), "-qmp", `unix:${monitorSocket(runFolder)},server=on,wait=off`],
    ...["-acpitable", `file=${cpufreqTable}`],
    ...(restoreFrom === undefined ? [] : ["-incoming", `exec:${restoreFrom}`]),
  ];
}
