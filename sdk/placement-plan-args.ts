import type * as pulumi from "@pulumi/pulumi";

import type { ConnectionArgs } from "./connection";

/** Hosts, and the VMs to be placed on them. */
export interface PlacementPlanArgs {
  /**
   * The hosts, by a name of your choice, under which the plan speaks of them. All that a host has (CPUs, cores, caches,
   * NUMA nodes, memory, devices) is read from it. A host that is known only during the update (made in the same run)
   * makes the whole plan known only then.
   * @impact none
   */
  hosts: pulumi.Input<Record<string, pulumi.Input<PlanHostArgs>>>;
  /**
   * The VMs, by a name of your choice: that of their domain, if `domain` says no other. All VMs are planned together, and
   * the order in which they stand here says nothing.
   * @impact none
   */
  vms: pulumi.Input<Record<string, pulumi.Input<PlanVmArgs>>>;
  /**
   * How long the search for the best arrangement may take, in steps, not in time: the same program gives the same plan on
   * a slow machine. A plan that is not proven the best when the search ends says by how much it can be bettered at most.
   * @default 1000000
   * @impact none
   * @example 10000000
   */
  searchLimit?: pulumi.Input<number> | undefined;
}

/** One host. */
export interface PlanHostArgs {
  /**
   * How to reach the host over SSH: an object, not a `HostTuning`, for what the plan decides is what a `HostTuning` of the
   * same program then makes (`plan.hugepages`, `plan.isolatedCpus`). Nothing is written on the host.
   * @impact none
   */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * CPUs that stay with the host: for its own processes and interrupts. No dedicated vCPU is planned there. A list as
   * libvirt writes it. Take whole cores, and one of each NUMA node: the kernel's threads for a node's memory and devices
   * run there.
   *
   * The preview fails on CPUs that the host does not have.
   * @default those that are not isolated, where the host isolates CPUs or has them in a partition for domains; else the first core of each NUMA node, with all its threads
   * @impact none
   * @example "0-1,16-17"
   */
  reserved?: pulumi.Input<string> | undefined;
  /**
   * Memory that stays with the host, in MiB: on each NUMA node, or by the node's number.
   * @default 5 % of each node, at least 1024; of a node without CPUs 0
   * @impact none
   * @example { 0: 8192, 1: 2048 }
   */
  reservedMemoryMiB?: pulumi.Input<number | Record<number | string, pulumi.Input<number>>> | undefined;
  /**
   * CPUs on which shared threads run: vCPUs with `cpuPolicy: "shared"`, and the emulator and I/O threads of VMs with
   * `emulatorThreads: "share"`. No dedicated vCPU is planned there. Take some of each NUMA node: a thread is given those of
   * its VM's node, where there are any.
   * @default `reserved`; with `isolation: "partition"` the first core of each NUMA node that is not reserved
   * @impact none
   * @example "2-3,18-19"
   */
  shared?: pulumi.Input<string> | undefined;
  /**
   * How many shared vCPUs each of these CPUs may carry.
   * @default 16
   * @impact none
   */
  sharedVcpusPerCpu?: pulumi.Input<number> | undefined;
  /**
   * How a `HostTuning` of the same program keeps the host's own work off `plan.isolatedCpus(host)`, so that the first run
   * plans for what will be. `"boot"` (isolcpus): all CPUs but those that are reserved or shared are isolated.
   * `"partition"`: all threads of all domains run inside the partition, which is all CPUs but the reserved ones; so
   * `shared` is inside too.
   * @default what the host has now
   * @impact none
   */
  isolation?: pulumi.Input<"boot" | "partition"> | undefined;
}

/** What is wanted of one VM, in words and sizes. */
export interface PlanVmArgs {
  /**
   * Name or UUID of its libvirt domain. A domain that exists is planned on the host where it is: the plan migrates nothing.
   * What it has now is its own, where all other domains count as claims of somebody else.
   * @default the VM's name
   * @impact none
   */
  domain?: pulumi.Input<string> | undefined;
  /**
   * How many vCPUs it has.
   * @impact vm-restart
   * @example 8
   */
  vcpus: pulumi.Input<number>;
  /**
   * Memory in MiB; a whole number of pages of `pageSize`.
   * @impact vm-restart
   * @example 32768
   */
  memoryMiB: pulumi.Input<number>;
  /**
   * Size of the huge pages that its memory lies on, such as `"2M"` or `"1G"`. The pages need not be there yet:
   * `plan.hugepages(host)` says how many a `HostTuning` has to reserve.
   * @default ordinary pages
   * @impact vm-restart
   * @example "1G"
   */
  pageSize?: pulumi.Input<string> | undefined;
  /**
   * `"dedicated"`: each vCPU has a CPU of its own, which no other domain uses. `"shared"`: the vCPUs run on the host's
   * shared CPUs, with those of other VMs. `"mixed"`: the first `dedicatedVcpus` have CPUs of their own, the others are
   * shared.
   * @default "dedicated"
   * @impact live
   */
  cpuPolicy?: pulumi.Input<"dedicated" | "shared" | "mixed"> | undefined;
  /**
   * With `cpuPolicy: "mixed"`, how many vCPUs have CPUs of their own: vCPU 0 and those after it.
   * @default required with "mixed"
   * @impact live
   * @example 2
   */
  dedicatedVcpus?: pulumi.Input<number> | undefined;
  /**
   * What the VM wants of SMT (hyper-threading). `"require"`: its dedicated vCPUs lie on siblings, two of them on the two
   * threads of one core, and the guest sees them so; a host without SMT is none for it. `"isolate"`: each vCPU has a whole
   * core, whose other threads stay empty. `"prefer"`: siblings where that is possible.
   * @default "prefer"
   * @impact live
   */
  threadPolicy?: pulumi.Input<"require" | "prefer" | "isolate"> | undefined;
  /**
   * QEMU's own threads. `"share"`: on CPUs that the VM shares with the host or others. `"isolate"`: on one more CPU of the
   * VM's own.
   * @default "share", with latencyClass "realTime" "isolate"
   * @impact live
   */
  emulatorThreads?: pulumi.Input<"share" | "isolate"> | undefined;
  /**
   * How many I/O threads it has. They run where its emulator does. Which disk uses which is for the domain's own XML to
   * say.
   * @default 0
   * @impact live
   */
  ioThreads?: pulumi.Input<number> | undefined;
  /**
   * On how many NUMA nodes it lies, as many as it sees itself (guest cells, each with its vCPUs and its memory on one host
   * node): a number, or `"fit"`, as few as possible.
   * @default "fit"
   * @impact vm-restart
   */
  nodes?: pulumi.Input<number | "fit"> | undefined;
  /**
   * `"realTime"`: its vCPUs are scheduled as `fifo 1` on whole cores that nobody else uses, its memory is locked, on the
   * node of its vCPUs. Goes with `cpuPolicy: "dedicated"` alone.
   * @default "normal"
   * @impact vm-restart
   */
  latencyClass?: pulumi.Input<"normal" | "realTime"> | undefined;
  /**
   * A kind of core, on a host whose cores are not alike (hybrid, big.LITTLE). Without one all vCPUs of a guest cell are on
   * one kind, whichever.
   * @default any
   * @impact live
   */
  coreKind?: pulumi.Input<"performance" | "intermediate" | "efficiency" | "low-power"> | undefined;
  /**
   * A PCI device that the VM works with: it is planned on a host that has the device, and near to it.
   * @default none
   * @impact none
   * @example { address: "0000:3b:00.0", policy: "required" }
   */
  nearDevice?: pulumi.Input<NearDeviceArgs> | undefined;
  /**
   * The host that it must be on, or several of which it may be on any, by their names in `hosts`.
   * @default any host; that of its domain, if there is one
   * @impact none
   * @example "kvm-01"
   */
  host?: pulumi.Input<string | pulumi.Input<string>[]> | undefined;
  /**
   * Names of groups: two VMs of one group are never on one host.
   * @default none
   * @impact none
   * @example ["etcd"]
   */
  antiAffinity?: pulumi.Input<string | pulumi.Input<string>[]> | undefined;
  /**
   * CPUs that are decided already: the plan keeps them as they are and arranges all else around them. With pins the VM
   * must have one `host`.
   * @default none
   * @impact live
   */
  pins?: pulumi.Input<PlanPinsArgs> | undefined;
}

/** A PCI device and how much its nearness counts. */
export interface NearDeviceArgs {
  /**
   * PCI address, as `lspci -D` prints it.
   * @impact none
   * @example "0000:3b:00.0"
   */
  address: pulumi.Input<string>;
  /**
   * `"required"`: on no other node than the device's. `"preferred"`: as near as nothing more important speaks against.
   * @default "preferred"
   * @impact none
   */
  policy?: pulumi.Input<"required" | "preferred"> | undefined;
}

/** CPUs of single threads, as constants. */
export interface PlanPinsArgs {
  /**
   * A list, whose CPUs go to the dedicated vCPUs 0, 1, 2 ... in the order written: one for each.
   * @impact live
   * @example "2,18,3,19"
   */
  vcpus: pulumi.Input<string>;
  /**
   * CPUs of QEMU's own threads.
   * @default planned
   * @impact live
   * @example "0,16"
   */
  emulator?: pulumi.Input<string> | undefined;
}
