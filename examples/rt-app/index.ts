import * as pulumi from "@pulumi/pulumi";
import { HostTuning, VmCpuPlacement } from "pulumi-kvm-tuning";

// A real-time guest: four vCPUs, each alone on an isolated core of node 1, under the scheduler SCHED_FIFO.
//
// The defaults are for a host with two sockets of eight cores and two threads each, whose CPU n and n+16 are threads of
// one core (`lscpu -e` shows it): node 0 has CPUs 0-7,16-23, node 1 has 8-15,24-31. Core 8 stays with the host.
const config = new pulumi.Config();
const domain = config.get("domain") ?? "rt-app";
// One CPU for each vCPU, in order: one thread of each core. The other one stays idle, or it would take half of the core.
const cpus = config.get("cpus") ?? "9,10,11,12";
const isolatedCpus = config.get("isolatedCpus") ?? "9-12,25-28";
const emulatorCpus = config.get("emulatorCpus") ?? "8,24";
const memoryMiB = config.getNumber("memoryMiB") ?? 16 * 1024;
const pageSize = config.get("pageSize") ?? "1G";
const cpuMode = config.get<"host-passthrough" | "maximum">("cpuMode") ?? "host-passthrough";

const vcpus = cpus.split(",").length;
const pages = memoryMiB / (pageSize === "1G" ? 1024 : 2);

const connection = {
  host: config.require("host"),
  port: config.getNumber("port") ?? 22,
  user: config.get("user") ?? "root",
  privateKey: config.requireSecret("privateKey"),
  hostKey: config.require("hostKey"),
};

// One HostTuning tunes a host. On a host that another program tunes: pulumi config set tuneHost false
const host =
  config.getBoolean("tuneHost") === false
    ? undefined
    : new HostTuning("kvm-01", {
        connection,
        numaBalancing: false,
        cpuGovernor: "performance",
        isolation: { cpus: isolatedCpus, managedIrq: true, nohzFull: true, rcuNocbs: true },
        hugepages: [{ size: pageSize, nodes: { 1: pages } }],
        // By default the kernel stops real-time threads for 50 ms of each second: a vCPU that spins would be stopped too.
        sysctl: { "kernel.sched_rt_runtime_us": -1 },
        // Isolation and pages of 1G are made by a boot.
        maxDisruption: "host-reboot",
        drain: { method: "shutdown", timeoutSeconds: 300 },
      });

const realTime = new VmCpuPlacement("rt-app", {
  ...(host === undefined ? { connection } : { host }),
  domain,
  vcpus: { maximum: vcpus },
  vcpuPins: cpus,
  vcpuScheduler: [{ vcpus: `0-${vcpus - 1}`, scheduler: "fifo", priority: 1 }],
  // Not on a CPU of a vCPU, which would never let QEMU's own threads run.
  emulatorPin: emulatorCpus,
  numa: {
    mode: "strict",
    nodeset: "1",
    cells: [{ id: 0, vcpus: `0-${vcpus - 1}`, memoryMiB }],
  },
  cpu: {
    mode: cpuMode,
    cache: "passthrough",
    topology: { sockets: 1, cores: vcpus, threads: 1 },
  },
  // Taken from the kernel directly (memfd), so that no hugetlbfs of this page size must be mounted, and all at the start.
  memoryBacking: {
    hugepages: [{ size: pageSize }],
    source: "memfd",
    allocation: "immediate",
    locked: true,
    nosharepages: true,
  },
  // Pins are moved live. All else here needs the domain to be started anew.
  maxDisruption: "vm-restart",
});

export const verification = realTime.verification;
