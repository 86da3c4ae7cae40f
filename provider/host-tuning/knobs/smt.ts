/*
 * Simultaneous multithreading: with `off` one thread of each core stays online. Running: smt/control. Persistent:
 * written again at every boot by kvm-tuning.service, before all other values; the kernel argument `nosmt` does it from
 * the start of the boot on. Takes effect at once: siblings go offline, or come back. What is pinned to a CPU that goes
 * offline may run anywhere afterwards, also when the CPU is back.
 * Source: https://docs.kernel.org/admin-guide/hw-vuln/l1tf.html#smt-control, kernel/cpu.c (__store_smt_control),
 * Documentation/ABI/testing/sysfs-devices-system-cpu
 */
import { z } from "zod";
import type { HostSnapshot } from "../../host/snapshot";
import type { CpuSet } from "../../linux/cpu-set";
import { scriptFile } from "../boot-unit";
import { defineKnob, type Setting } from "../knob";
import { pinnedDomains, siblingsThatGo } from "./smt-siblings";
import { cpuFolder, offlineCpus } from "./per-cpu";

const path = `${cpuFolder}/smt/control`;
const words = ["on", "off", "forceoff"] as const;
type Word = (typeof words)[number];

const inapplicable: Readonly<Record<string, string>> = {
  notsupported: "the CPUs have no SMT, or the firmware has switched it off",
  notimplemented: "this kernel cannot switch SMT at run time (an architecture without CONFIG_HOTPLUG_SMT)",
};

export const smt = defineKnob({
  schema: z.enum(words),
  settings: (desired, snapshot) => [row(desired, snapshot)],
  observe: (desired, snapshot) => words.find((word) => word === actualOf(snapshot)) ?? desired,
});

const actualOf = (snapshot: HostSnapshot): string | null => snapshot.files.text(path)?.trim() ?? null;

function row(desired: Word, snapshot: HostSnapshot): Setting {
  const actual = actualOf(snapshot);
  const notApplicable =
    actual === null ? "the kernel has no smt/control (it is older than 4.19, or has no SMP)" : inapplicable[actual];
  const problem = notApplicable === undefined ? problemOf(desired, actual, snapshot) : undefined;
  const warning = notApplicable === undefined ? warningOf(desired, actual, snapshot) : undefined;
  return {
    name: "smt",
    desired,
    actual,
    impact: "live",
    source: path,
    remedy: "A CPU could not be taken offline or brought back: dmesg on the host says which.",
    ...(notApplicable !== undefined && { notApplicable }),
    ...(problem !== undefined && { problem }),
    ...(warning !== undefined && { warning }),
    // What comes online has values to be written. What goes offline takes them along: that is the registry's last.
    ...(desired === "on" && { goesFirst: true }),
    write: [{ path, value: desired }],
    boot: [{ kind: "path", path, value: desired }],
    ...(desired === "on" && { follow: valuesOf(offlineCpus(snapshot)) }),
  };
}

function problemOf(desired: Word, actual: string | null, snapshot: HostSnapshot): string | undefined {
  if (actual === "forceoff" && desired !== "forceoff")
    return "SMT is forced off (nosmt=force, or forceoff was written), and the kernel changes it no more until it boots without that";
  if (actual !== "on" || desired === "on") return undefined;
  const going = siblingsThatGo(snapshot);
  const pinned = pinnedDomains(going, snapshot);
  if (pinned.length === 0) return undefined;
  return `CPUs ${going.toString()} would go offline under running domains that are pinned to them: ${pinned.join("; ")}. Pin them elsewhere first: the kernel would let them run anywhere, for good`;
}

function warningOf(desired: Word, actual: string | null, snapshot: HostSnapshot): string | undefined {
  if (actual === desired) return undefined;
  if (desired === "on")
    return "the siblings come online with the kernel's own settings: what CPU lists of this program name is set at once, pins that were lost do not come back";
  if (actual !== "on") return undefined;
  const going = siblingsThatGo(snapshot);
  const which = going.isEmpty ? "all but one thread of each core" : `CPUs ${going.toString()}`;
  const forced = desired === "forceoff" ? ", and until the next boot nothing brings them back, delete included" : "";
  return `${which} go offline${forced}: a thread that is pinned to them alone may run on any CPU from then on, also when they are back. The kernel argument nosmt${desired === "forceoff" ? "=force" : ""} keeps them offline from the start of the boot on`;
}

/** The CPUs that come online get their lines of the boot values, before they are read again. What fails is seen then. */
function valuesOf(cpus: CpuSet): readonly (readonly string[])[] {
  if (cpus.isEmpty) return [];
  const script = `[ ! -e ${scriptFile} ] || for cpu; do sh ${scriptFile} "$cpu"; done; exit 0`;
  return [["sh", "-c", script, "kvm-tuning", ...[...cpus].map((cpu) => `cpu${cpu}`)]];
}
