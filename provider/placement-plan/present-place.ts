/* Where a domain is that no plan has placed yet: its pins and the nodes of its memory, if it has pins for all its vCPUs. */
import type { DomainSnapshot } from "../host/snapshot";
import { CpuSet } from "../linux/cpu-set";
import type { Facts } from "../vm-cpu-placement/facts";
import { readSet } from "../vm-cpu-placement/preflight/judged";
import { regionsOf } from "../vm-cpu-placement/preflight/regions";
import { sidesOf } from "./claims";
import type { PlannedHost } from "./planned-host";
import type { GuestCell } from "./planner/answer";
import type { PreviousPlacement } from "./planner/model";
import type { VmArgs } from "./schema-vm";

type Place = Pick<PreviousPlacement, "vcpuPins" | "emulatorPin" | "cells">;

/** The running domain counts, else its definition. */
export function presentPlace(
  domain: DomainSnapshot,
  { vm, host }: { readonly vm: VmArgs; readonly host: PlannedHost },
): Place | undefined {
  const facts = sidesOf(domain)[0]?.facts;
  if (facts === undefined) return undefined;
  const pins = Array.from({ length: vm.vcpus }, (_, vcpu) => facts.get(`vcpuPins.${vcpu}`));
  const vcpuPins = pins.filter((pin) => pin !== undefined);
  if (vcpuPins.length < pins.length) return undefined;
  const cells = cellsOf(facts, { vm, host, vcpuPins });
  return cells === undefined ? undefined : { vcpuPins, emulatorPin: facts.get("emulatorPin") ?? "", cells };
}

interface Pinned {
  readonly vm: VmArgs;
  readonly host: PlannedHost;
  readonly vcpuPins: readonly string[];
}

function cellsOf(facts: Facts, { vm, host, vcpuPins }: Pinned): readonly GuestCell[] | undefined {
  const all = CpuSet.range(0, vm.vcpus - 1);
  const cells = regionsOf(facts).map(({ cell, vcpus = all, memoryKiB, nodeset }): GuestCell | undefined => {
    const cpus = readSet(vcpuPins.filter((_, vcpu) => vcpus.has(vcpu)).join(","));
    const cpuNode = host.nodes.find((node) => node.cpus.intersects(cpus))?.id;
    const memoryNode = nodeset?.first ?? cpuNode;
    if (cpuNode === undefined || memoryNode === undefined) return undefined;
    const memoryMiB = Math.ceil((memoryKiB ?? vm.memoryMiB * 1024) / 1024);
    return { id: cell ?? 0, vcpus: vcpus.toString(), memoryMiB, memoryNode, cpuNode };
  });
  const known = cells.filter((cell) => cell !== undefined);
  return known.length === cells.length ? known : undefined;
}
