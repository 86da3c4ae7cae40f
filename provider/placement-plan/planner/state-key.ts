/* What is left of all hosts as a text: what may still be placed depends on nothing else. */
import type { Host, Problem } from "./problem";

/** Hosts of one class may change places, so their texts are sorted. */
export function stateKey(problem: Problem): string {
  return problem.hosts
    .map((host) => `${host.symmetryClass}:${hostKey(host)}`)
    .sort()
    .join("|");
}

function hostKey(host: Host): string {
  const nodes = host.nodes.map((node) => `${node.memoryLeft}/${node.pools.map((pool) => pool.left).join("/")}`);
  const bins = host.bins.map((bin) => (bin.uniform ? `${bin.usedWhole}/${bin.usedLoose}` : itemsKey(bin.items)));
  const shared = host.sharedPools.map((pool) => pool.left);
  return [nodes.join(" "), bins.join(" "), shared.join(" "), [...host.groups].sort().join(" ")].join(";");
}

function itemsKey(items: Host["bins"][number]["items"]): string {
  return items
    .map((item) => item.signature)
    .sort()
    .join("+");
}
