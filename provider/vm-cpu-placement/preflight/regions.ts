import { CpuSet } from "../../linux/cpu-set";
import { kibOf, type Facts } from "../facts";
import type { HostFacts, HostNode } from "../host-facts";
import { readSet } from "./judged";

/** A guest NUMA cell as the facts have it. */
export interface Cell {
  readonly id: number;
  readonly vcpus: CpuSet;
  readonly memoryKiB: number;
}

/** By id. */
export function cellsOf(facts: Facts): readonly Cell[] {
  return [...facts]
    .flatMap(([setting, value]) => {
      const id = /^numa\.cells\.(\d+)\.memory$/.exec(setting)?.[1];
      if (id === undefined) return [];
      return [
        { id: Number(id), vcpus: readSet(facts.get(`numa.cells.${id}.vcpus`) ?? ""), memoryKiB: kibOf(value) ?? 0 },
      ];
    })
    .toSorted((one, other) => one.id - other.id);
}

/** Memory that has one rule of placement: a guest cell's, or that of a domain without cells. */
export interface Region {
  readonly cell: number | undefined;
  /** Undefined: all. */
  readonly vcpus: CpuSet | undefined;
  readonly memoryKiB: number | undefined;
  /** Undefined: any node. */
  readonly nodeset: CpuSet | undefined;
  readonly mode: string;
  /** Where the nodeset stands. */
  readonly setting: string;
}

export function regionsOf(facts: Facts): readonly Region[] {
  const nodeset = facts.get("numa.nodeset");
  const whole: Region = {
    cell: undefined,
    vcpus: undefined,
    memoryKiB: kibOf(facts.get("memory")),
    nodeset: nodeset === undefined || facts.get("numa.placement") === "auto" ? undefined : readSet(nodeset),
    mode: facts.get("numa.mode") ?? "strict",
    setting: "numa.nodeset",
  };
  const cells = cellsOf(facts);
  if (cells.length === 0) return [whole];
  return cells.map(({ id, vcpus, memoryKiB }) => {
    const own = facts.get(`numa.cells.${id}.nodeset`);
    const placed =
      own === undefined
        ? whole
        : {
            nodeset: readSet(own),
            mode: facts.get(`numa.cells.${id}.mode`) ?? "strict",
            setting: `numa.cells.${id}.nodeset`,
          };
    return { ...placed, cell: id, vcpus, memoryKiB };
  });
}

/** Memory that may lie nowhere else. */
export const isBound = ({ mode, nodeset }: Region): boolean =>
  nodeset !== undefined && (mode === "strict" || mode === "restrictive");

export const regionName = ({ cell }: Region): string => (cell === undefined ? "the memory" : `guest cell ${cell}`);

export function memoryOf(regions: readonly Region[]): number | undefined {
  const known = regions.flatMap(({ memoryKiB }) => memoryKiB ?? []);
  return known.length === regions.length ? known.reduce((sum, kib) => sum + kib, 0) : undefined;
}

/** The nodes of a set; without one, all. */
export const nodesOf = (host: HostFacts, nodeset: CpuSet | undefined): readonly HostNode[] =>
  nodeset === undefined ? host.nodes : host.nodes.filter(({ id }) => nodeset.has(id));

/** The CPUs near to the memory of these nodes. */
export const localCpus = (host: HostFacts, nodeset: CpuSet): CpuSet =>
  CpuSet.union(nodesOf(host, nodeset).map((node) => node.localCpus));

/** Undefined: the kernel does not say it of each. */
export function memoryOfNodes(nodes: readonly HostNode[]): number | undefined {
  const known = nodes.flatMap(({ memoryKiB }) => memoryKiB ?? []);
  return known.length === nodes.length ? known.reduce((sum, kib) => sum + kib, 0) : undefined;
}

/** The different nodesets of regions, each with the regions that must find room in it: those with a set inside it too. */
export function byNodeset(
  regions: readonly Region[],
): readonly { readonly nodeset: CpuSet | undefined; readonly within: readonly Region[]; readonly setting: string }[] {
  const different = [...Map.groupBy(regions, ({ nodeset }) => String(nodeset ?? "all")).values()];
  return different.flatMap(([first]) => {
    if (first === undefined) return [];
    const { nodeset, setting } = first;
    const within = regions.filter((one) => nodeset === undefined || one.nodeset?.isSubsetOf(nodeset) === true);
    return [{ nodeset, within, setting }];
  });
}
