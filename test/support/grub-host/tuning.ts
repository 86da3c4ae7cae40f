/* What the tests declare for the host with GRUB, and what is to come of it. */

const isolation = { cpus: "2-3,6-7", managedIrq: true, nohzFull: true };

/** Settings that only a boot gives. */
export const bootOnly = {
  isolation,
  kernelArguments: { transparent_hugepage: "madvise", quiet: null },
  hugepages: [{ size: "1G", nodes: { "1": 1 } }],
};

export const consent = {
  maxDisruption: "host-reboot",
  drain: { method: "shutdown", timeoutSeconds: 1 },
};

export const bootOnlyPlanned = {
  "hugepages.1G.node1": "0 → 1  [host-reboot]",
  "isolation.domain": "none → 2-3,6-7  [host-reboot]",
  "isolation.nohzFull": "none → 2-3,6-7  [host-reboot]",
  "isolation.managedIrq": "none → 2-3,6-7  [host-reboot]",
  "isolation.irqAffinity": "none → 0-1,4-5  [host-reboot]",
  "kernelArguments.quiet": "quiet → (not given)  [host-reboot]",
  "kernelArguments.transparent_hugepage": "(not given) → transparent_hugepage=madvise  [host-reboot]",
};

/** Beside what a reboot brings, where nothing of it is in the boot loader's configuration yet. */
export const trialPlanned = {
  "trial boot": "(absent) → one boot with the new arguments; they last when it is verified  [host-reboot]",
};

export const domainPlanned = {
  "domain db": "running → shut down, rebooted under it, started again  [host-reboot]",
};

/** The arguments that the kernel gets, in order. */
export const line =
  "hugepagesz=1G hugepages=1:1 isolcpus=managed_irq,domain,2-3,6-7 nohz_full=2-3,6-7 irqaffinity=0-1,4-5 " +
  "transparent_hugepage=madvise";
