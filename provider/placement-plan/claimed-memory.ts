/* The memory of a domain that is no VM of the plan. */
import type { CpuSet } from "../linux/cpu-set";
import type { DomainDocument } from "../vm-cpu-placement/domain-xml";
import { textKiB } from "../vm-cpu-placement/domain-xml/sizes";
import { childrenNamed, parseDomainTree } from "../vm-cpu-placement/domain-xml/tree";
import { hugeMemory } from "../vm-cpu-placement/preflight/huge-memory";
import type { Facts } from "../vm-cpu-placement/facts";
import { regionsOf } from "../vm-cpu-placement/preflight/regions";

/** Memory of one kind of page, and where it may lie. */
export interface MemoryClaim {
  /** Undefined: on any node. */
  readonly nodes: CpuSet | undefined;
  /** Undefined: ordinary pages. */
  readonly pageKiB: number | undefined;
  readonly kib: number;
}

export interface MemorySource {
  readonly facts: Facts;
  /** Of a domain whose facts do not say it: memory can be added to it while it runs. */
  readonly wholeKiB: number | undefined;
  /** Memory modules. */
  readonly modulesKiB: number;
}

export function memoryClaims(
  { facts, wholeKiB, modulesKiB }: MemorySource,
  defaultPageKiB: number | undefined,
): readonly MemoryClaim[] {
  const huge = hugeMemory(facts, defaultPageKiB);
  const regions = regionsOf(facts);
  const claims = regions.flatMap((region): readonly MemoryClaim[] => {
    const kib = region.memoryKiB ?? (region.cell === undefined ? wholeKiB : undefined);
    const page = huge.find((one) => one.regions.some(({ cell }) => cell === region.cell));
    return kib === undefined ? [] : [{ nodes: region.nodeset, pageKiB: page?.pageKiB, kib }];
  });
  const modules: MemoryClaim = { nodes: undefined, pageKiB: undefined, kib: modulesKiB };
  // In the size of a domain without guest cells they are counted.
  return modulesKiB > 0 && regions[0]?.cell !== undefined ? [...claims, modules] : claims;
}

export function memorySource({ facts, devicesMemoryKiB }: DomainDocument, xml: string): MemorySource {
  const whole = textKiB(childrenNamed(parseDomainTree(xml), "memory").at(0));
  return { facts, wholeKiB: whole === undefined ? undefined : Number(whole), modulesKiB: devicesMemoryKiB };
}
