/*
 * A model of the kernel's pools of huge pages (mm/hugetlb.c), for pure tests. A write never fails: the kernel grants
 * what a node's memory has in one piece, now and after compaction. A write of one node changes that node alone; a write
 * of the total (vm.nr_hugepages) takes and gives on all nodes by turns, as seen on Linux 6.1: 40 on node 1, then a total
 * of 50, is 5 + 45; a total of 30 after that is 0 + 30.
 */
export interface HugepageNode {
  pages: number;
  /** More pages that the node's memory gives as it is. */
  room: number;
  /** More that it gives after each compaction. */
  compacted: number;
  readonly used: number;
}

export interface HugepageKernel {
  readonly nodes: ReadonlyMap<number, HugepageNode>;
  /** A write to nodeN/hugepages/hugepages-2048kB/nr_hugepages. */
  writeNode(node: number, pages: number): void;
  /** A write to vm.nr_hugepages. */
  writeTotal(pages: number): void;
  compact(): void;
}

export function hugepageKernel(start: Readonly<Record<number, Partial<HugepageNode>>>): HugepageKernel {
  const nodes = new Map(
    Object.entries(start).map(([node, given]): [number, HugepageNode] => [
      Number(node),
      { pages: 0, room: 2 ** 31, compacted: 0, used: 0, ...given },
    ]),
  );
  let next = 0;
  const turn = (possible: (node: HugepageNode) => boolean): HugepageNode | undefined => {
    const all = [...nodes.values()];
    for (let tried = 0; tried < all.length; tried += 1) {
      const node = all[next % all.length];
      next += 1;
      if (node !== undefined && possible(node)) return node;
    }
    return undefined;
  };
  const total = (): number => [...nodes.values()].reduce((sum, { pages }) => sum + pages, 0);
  const grow = (node: HugepageNode, by: number): void => {
    node.pages += by;
    node.room -= by;
  };
  return {
    nodes,
    writeNode(id, pages) {
      const node = nodes.get(id);
      if (node === undefined) throw new Error(`no node ${id}`);
      // What is in use is not given back.
      const wanted = Math.max(pages, Math.min(node.used, node.pages));
      grow(node, Math.min(wanted - node.pages, node.room));
    },
    writeTotal(pages) {
      while (total() !== pages) {
        const more = total() < pages;
        const node = turn((one) => (more ? one.room > 0 : one.pages > one.used));
        if (node === undefined) return;
        grow(node, more ? 1 : -1);
      }
    },
    compact() {
      for (const node of nodes.values()) {
        const found = Math.min(node.compacted, 3);
        node.room += found;
        node.compacted -= found;
      }
    },
  };
}
