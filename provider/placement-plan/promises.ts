/* What a plan tells the other resources of its run: what its VMs' domains will have, before anything has placed them. */
import type { PromisedDomain } from "../host/hosts";
import { desiredFacts } from "../vm-cpu-placement/desired";
import { kibText, withChanges } from "../vm-cpu-placement/facts";
import { parseArgs } from "../vm-cpu-placement/schema";
import { sidesOf } from "./claims";
import type { PlannedVm } from "./model";
import type { PlannedHost } from "./planned-host";
import type { Fleet } from "./request";

export interface PlanPromise {
  readonly host: PlannedHost;
  readonly domain: PromisedDomain;
}

export function promisesOf(
  { args, hosts, domains }: Fleet,
  placements: Readonly<Record<string, PlannedVm>>,
  urn: string | undefined,
): readonly PlanPromise[] {
  return Object.entries(placements).flatMap(([name, placed]) => {
    const [host, vm] = [hosts.find((one) => one.name === placed.host), args.vms[name]];
    if (host === undefined || vm === undefined) return [];
    const present = domains.find((one) => one.vm === name && one.host === host.name)?.domain;
    // Of a domain that is not there yet the program may mean another name than the VM's.
    if (present === undefined && vm.domain === undefined) return [];
    const side = present === undefined ? undefined : sidesOf(present).at(-1);
    const parsed = parseArgs({ connection: host.args.connection, domain: vm.domain ?? name, ...placed.settings });
    if ("problems" in parsed) throw new Error(`the plan of VM "${name}" is none that a placement takes`);
    const wanted = desiredFacts(parsed.args, { existing: side === undefined ? [] : [side.facts] });
    const memory = [["memory", kibText(vm.memoryMiB * 1024)] as const];
    const facts = withChanges(side?.facts ?? new Map<string, string>(), new Map([...memory, ...wanted]));
    return [
      {
        host,
        domain: {
          name: present?.name ?? vm.domain ?? name,
          uuid: present?.uuid,
          urn,
          facts,
          maximumVcpus: vm.vcpus,
        },
      },
    ];
  });
}
