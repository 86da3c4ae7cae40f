/*
 * CPUs for the kernel's unbound work (writeback, crypto, device mapper): workers that are bound to one CPU stay there.
 * Kernel threads in general have no such knob in the mainline kernel (kthread_cpus= is a patch of some distributions):
 * isolcpus=domain and nohz_full= keep the unbound ones away, rcu_nocbs= those of RCU, a cpuset partition and this mask
 * the workers.
 * Running: /sys/devices/virtual/workqueue/cpumask. Persistent: written at every boot by kvm-tuning.service. Takes effect
 * at once.
 * Source: https://docs.kernel.org/core-api/workqueue.html
 */
import { CpuSet } from "../../linux/cpu-set";
import { defineKnob } from "../knob";
import { maskOf, maskRow } from "./cpu-mask-file";
import { cpuList } from "./per-cpu";

const path = "/sys/devices/virtual/workqueue/cpumask";

export const workqueueCpus = defineKnob({
  schema: cpuList,
  settings: (desired, snapshot) => [
    maskRow(
      {
        name: "workqueueCpus",
        path,
        cpus: CpuSet.parse(desired),
        notApplicable: `the kernel has no ${path} (Linux 4.2 or newer, with more than one CPU)`,
        remedy: "The kernel leaves out the CPUs of an isolated cpuset partition: see cpuset.cpus.isolated.",
      },
      snapshot,
    ),
  ],
  observe: (desired, snapshot) => {
    const actual = maskOf(path, snapshot);
    return actual === undefined || actual.equals(CpuSet.parse(desired)) ? desired : actual.toString();
  },
});
