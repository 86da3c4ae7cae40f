/* Hosts and VMs that have nothing to do with each other are planned apart: none of them moves for the others. */
import type { Host, Problem, Vm } from "./problem";

/** In order of their first host. Hosts that no VM may be on are left out. */
export function components({ hosts, vms }: Problem): Problem[] {
  const leader = new Map<Host, Host>(hosts.map((host) => [host, host]));
  const find = (host: Host): Host => {
    let top = host;
    for (let next = leader.get(top); next !== undefined && next !== top; next = leader.get(top)) top = next;
    leader.set(host, top);
    return top;
  };
  for (const { allowed } of vms) {
    const [first] = allowed;
    for (const host of allowed) if (first !== undefined) leader.set(find(host), find(first));
  }
  const found = new Map<Host, { hosts: Host[]; vms: Vm[] }>();
  for (const host of hosts) {
    const top = find(host);
    const component = found.get(top) ?? { hosts: [], vms: [] };
    found.set(top, component);
    component.hosts.push(host);
  }
  for (const vm of vms) {
    const [first] = vm.allowed;
    if (first !== undefined) found.get(find(first))?.vms.push(vm);
  }
  return [...found.values()].filter((component) => component.vms.length > 0);
}
