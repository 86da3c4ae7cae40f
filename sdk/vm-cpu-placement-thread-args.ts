import type * as pulumi from "@pulumi/pulumi";

import type { SchedulerArgs } from "./vm-cpu-placement-scheduling-args";

/** How many threads a domain has, and on which host CPUs they run. */
export interface ThreadFields {
  /**
   * How many vCPUs the domain has. At least one of the two.
   *
   * libvirt: `<vcpu current='4'>8</vcpu>`.
   * @default not managed
   * @impact vm-restart
   * @see https://libvirt.org/formatdomain.html#cpu-allocation
   * @example
   * ```ts
   * vcpus: { maximum: 8, current: 4 }
   * ```
   */
  vcpus?: pulumi.Input<VcpusArgs> | undefined;
  /**
   * A pool of host CPUs for all threads of the domain that have no pin of their own: vCPUs without a `vcpuPins` entry,
   * also those that are plugged in later, I/O threads without `cpus`, and QEMU's own threads without `emulatorPin`.
   * Elsewhere these are called shared CPUs. Must be left out with `numa.placement: "auto"`, where numad chooses them.
   *
   * libvirt: `<vcpu cpuset>`; there is no virsh verb that changes it. The preview fails on CPUs that the host lacks or
   * that are offline, and warns of a pool on isolated CPUs, between which the kernel does not balance.
   * @default not managed
   * @impact vm-restart
   * @see https://libvirt.org/formatdomain.html#cpu-allocation
   * @example
   * ```ts
   * vcpuCpuset: "4-7"
   * ```
   */
  vcpuCpuset?: pulumi.Input<string> | undefined;
  /**
   * Which host CPUs each vCPU may run on: a list, whose CPUs go to vCPU 0, 1, 2 ... in the order written, one for each
   * vCPU of the domain; or a map from vCPU (or several: `"0-3"`) to a CPU list.
   *
   * libvirt: `<cputune><vcpupin>`, `virsh vcpupin`. The preview fails on CPUs that the host lacks or that are offline,
   * and on vCPUs that the domain does not have: libvirt itself drops a pin of such a vCPU silently. It warns of two
   * vCPUs on one CPU or one core, and of a set on isolated CPUs, between which the kernel does not balance: pin one
   * vCPU to one CPU there.
   *
   * With `cpu.topology.threads` above 1 the guest takes vCPUs 0 and 1 for two threads of one core: pin them to two
   * threads of one host core (`/sys/devices/system/cpu/cpu0/topology/thread_siblings_list`), or export `threads: 1`.
   * Siblings share a core, and so a node: a list such as 0-15 of a host with siblings 0,16 is all first threads, not a
   * whole socket.
   * @default not managed
   * @impact live
   * @see https://libvirt.org/formatdomain.html#cpu-tuning
   * @example
   * ```ts
   * vcpuPins: "2-5"
   * ```
   * @example
   * ```ts
   * vcpuPins: { 0: "2", 1: "18", "2-3": "4-7,^6" }
   * ```
   */
  vcpuPins?: pulumi.Input<string | Record<number | string, pulumi.Input<string>>> | undefined;
  /**
   * Host CPUs of QEMU's own threads (the emulator): all that are neither vCPUs nor I/O threads.
   *
   * libvirt: `<cputune><emulatorpin>`, `virsh emulatorpin`. It should have a CPU on each node that `numa` takes memory
   * from, where QEMU's own threads allocate it when the domain starts (huge pages, `allocation: "immediate"`). The
   * preview fails on CPUs that the host lacks or that are offline, and on a set without a CPU of such a node.
   * @default not managed
   * @impact live
   * @see https://libvirt.org/formatdomain.html#cpu-tuning
   * @example
   * ```ts
   * emulatorPin: "0-1"
   * ```
   */
  emulatorPin?: pulumi.Input<string> | undefined;
  /**
   * I/O threads, each with its host CPUs. One that the domain lacks is added, and removed again when it leaves the
   * program. Which disk uses which thread is for the domain's own XML to say. An empty list manages none.
   *
   * libvirt: `<iothreadids>` (beside `<cputune>`, not in it), `<cputune><iothreadpin>`, `virsh iothreadadd`,
   * `virsh iothreadpin`, `virsh iothreaddel`.
   * @default not managed
   * @impact live
   * @see https://libvirt.org/formatdomain.html#iothreads-allocation
   * @example
   * ```ts
   * iothreads: [{ id: 1, cpus: "0" }, { id: 2 }]
   * ```
   */
  iothreads?: pulumi.Input<pulumi.Input<IothreadArgs>[]> | undefined;
}

/** Numbers of vCPUs. */
export interface VcpusArgs {
  /**
   * vCPUs that the domain can have, 1 to 16384. The preview fails where it is not the product of `cpu.topology`, which
   * libvirt refuses, or where a pin or a cell names a vCPU beyond it.
   *
   * libvirt: the content of `<vcpu>`, `virsh setvcpus --maximum --config`.
   * @default the domain's own
   */
  maximum?: pulumi.Input<number> | undefined;
  /**
   * vCPUs that are plugged in, up to `maximum`. One that is plugged in gets its `vcpuPins` entry, else `vcpuCpuset`.
   * Taking vCPUs away live needs a guest that lets go of them.
   *
   * libvirt: `<vcpu current>`, `virsh setvcpus`.
   * @default the domain's own; all of `maximum` for a domain that has none
   * @impact live
   */
  current?: pulumi.Input<number> | undefined;
}

/** One I/O thread. */
export interface IothreadArgs {
  /** libvirt's number of the thread, from 1; each once. */
  id: pulumi.Input<number>;
  /**
   * Host CPUs that it may run on.
   *
   * libvirt: `<iothreadpin>`, `virsh iothreadpin`.
   * @default no pin: it runs in vcpuCpuset, else wherever the domain may
   */
  cpus?: pulumi.Input<string> | undefined;
  /**
   * How the kernel schedules it.
   *
   * libvirt: `<cputune><iothreadsched>`; there is no virsh verb for it.
   * @default not managed
   * @impact vm-restart
   * @example
   * ```ts
   * iothreads: [{ id: 1, cpus: "0", scheduler: { scheduler: "fifo", priority: 1 } }]
   * ```
   */
  scheduler?: pulumi.Input<SchedulerArgs> | undefined;
}
