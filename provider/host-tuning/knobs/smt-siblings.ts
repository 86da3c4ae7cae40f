/* Which CPUs go offline with SMT, and which running domains hold on to them. */
import type { DomainSnapshot, HostSnapshot } from "../../host/snapshot";
import { CpuSet } from "../../linux/cpu-set";
import { cpuFolder, readPerCpu } from "./per-cpu";

/** All online siblings but the first of each core, which is the one that the kernel keeps. */
export function siblingsThatGo(snapshot: HostSnapshot): CpuSet {
  const lists = [...readPerCpu("topology/thread_siblings_list", snapshot).values()].filter((text) => text !== "");
  const cores = lists.map((text) => CpuSet.parse(text));
  return CpuSet.union(cores.map((core) => core.minus(CpuSet.from(core.first === undefined ? [] : [core.first]))));
}

/** `db: CPU 1/KVM on 5`, for each running domain with a thread that may run on some CPUs only, `going` among them. */
export function pinnedDomains(going: CpuSet, snapshot: HostSnapshot): readonly string[] {
  const online = CpuSet.parse(snapshot.files.text(`${cpuFolder}/online`)?.trim() ?? "");
  return (snapshot.libvirt?.domains ?? []).flatMap((domain) => {
    if (domain.state === "shut off") return [];
    const held = pinsOf(domain).filter(({ cpus }) => cpus.intersects(going) && !online.isSubsetOf(cpus));
    return held.length === 0
      ? []
      : [`${domain.name}: ${held.map(({ name, cpus }) => `${name} on ${cpus.toString()}`).join(", ")}`];
  });
}

interface Pin {
  readonly name: string;
  readonly cpus: CpuSet;
}

/** What the kernel has for QEMU's threads; where they were not read, what libvirt was told. */
function pinsOf({ process, live }: DomainSnapshot): readonly Pin[] {
  if (process !== undefined) return process.threads.map(({ name, cpus }) => ({ name, cpus: CpuSet.parse(cpus) }));
  return [...(live ?? "").matchAll(/<(vcpupin|emulatorpin|iothreadpin)\b[^>]*\bcpuset=['"]([^'"]*)['"]/g)].map(
    ([, name = "", cpus = ""]) => ({ name, cpus: CpuSet.parseLibvirt(cpus) }),
  );
}
