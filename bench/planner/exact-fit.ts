/*
 * Whether VMs fit nodes, one node each, by trying: independent of the planner. Undefined: not decided within the steps.
 */
export function exactFit(
  nodes: readonly { readonly cpus: number; readonly memory: number }[],
  vms: readonly { readonly cpus: number; readonly memory: number }[],
  most = 2_000_000,
): boolean | undefined {
  const order = [...vms].sort((left, right) => right.cpus * 4 + right.memory - left.cpus * 4 - left.memory);
  const free = nodes.map((node) => ({ ...node }));
  const dead = new Set<string>();
  let steps = 0;
  const place = (index: number): boolean | undefined => {
    const vm = order[index];
    if (vm === undefined) return true;
    const key = `${index} ${free
      .map((node) => node.cpus * 1000 + node.memory)
      .sort((left, right) => left - right)
      .join(" ")}`;
    if (dead.has(key)) return false;
    const tried = new Set<string>();
    for (const node of free) {
      const state = `${node.cpus} ${node.memory}`;
      if (node.cpus < vm.cpus || node.memory < vm.memory || tried.has(state)) continue;
      tried.add(state);
      steps += 1;
      if (steps > most) return undefined;
      node.cpus -= vm.cpus;
      node.memory -= vm.memory;
      const found = place(index + 1);
      node.cpus += vm.cpus;
      node.memory += vm.memory;
      if (found !== false) return found;
    }
    dead.add(key);
    return false;
  };
  return place(0);
}
