/*
 * Kernel same-page merging: equal pages of guests are shared. Saves memory, costs a scanning thread, latency on the
 * next write, and shares across nodes. `off` stops the scan and keeps what is merged; `unmerge` gives each its own page
 * back, which needs as much memory as was saved.
 * Running: /sys/kernel/mm/ksm/run. Persistent: written at every boot by kvm-tuning.service. Takes effect at once.
 * Source: https://docs.kernel.org/admin-guide/mm/ksm.html
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import { meminfoKiB } from "../../linux/units";
import { defineKnob } from "../knob";

const folder = "/sys/kernel/mm/ksm";
const path = `${folder}/run`;
const words = { off: "0", on: "1", unmerge: "2" } as const;
const names = ["off", "on", "unmerge"] as const;

export const ksm = defineKnob({
  schema: z.enum(names),
  settings: (desired, snapshot) => {
    const value = words[desired];
    const actual = running(snapshot);
    const problem = desired === "unmerge" && actual !== value ? tooMuchShared(snapshot) : undefined;
    return [
      {
        name: "ksm",
        desired: value,
        actual: actual ?? null,
        impact: "live",
        source: path,
        remedy: "Another service may set it: look for ksmtuned and ksm.",
        ...(actual === undefined && { notApplicable: "the kernel was built without CONFIG_KSM" }),
        ...(problem !== undefined && { problem }),
        write: [{ path, value }],
        boot: [{ kind: "path", path, value }],
      },
    ];
  },
  observe: (desired, snapshot) => {
    const actual = running(snapshot);
    return names.find((name) => words[name] === actual) ?? desired;
  },
});

const running = (snapshot: HostSnapshot): string | undefined => snapshot.files.text(path)?.trim();

/** Each of `pages_sharing` is a page saved, and needs memory of its own again. */
function tooMuchShared(snapshot: HostSnapshot): string | undefined {
  const pages = Number(snapshot.files.text(`${folder}/pages_sharing`)?.trim() ?? "0");
  const meminfo = snapshot.files.text("/proc/meminfo") ?? "";
  const freeKiB = meminfoKiB(meminfo, "MemAvailable") ?? meminfoKiB(meminfo, "MemFree");
  if (!(pages > 0) || freeKiB === undefined) return undefined;
  const neededKiB = pages * pageKiB(snapshot, meminfo);
  if (neededKiB <= freeKiB) return undefined;
  return `${pages} merged pages would need ${mebibytes(neededKiB)} MiB of their own, and the host has ${mebibytes(freeKiB)} MiB available: stop VMs first, or use "off", which keeps what is merged`;
}

/** The kernel tells its page size in no text of /proc or /sys, but counts free memory in both units. */
function pageKiB(snapshot: HostSnapshot, meminfo: string): number {
  const pages = Number(/^nr_free_pages (\d+)$/m.exec(snapshot.files.text("/proc/vmstat") ?? "")?.[1] ?? "0");
  const freeKiB = meminfoKiB(meminfo, "MemFree") ?? 0;
  // Read one after the other the two differ a little; a page size is a power of two.
  return pages > 0 && freeKiB > 0 ? 2 ** Math.round(Math.log2(freeKiB / pages)) : 4;
}

const mebibytes = (kibibytes: number): number => Math.floor(kibibytes / 1024);
